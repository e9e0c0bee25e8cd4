import type { Knex } from 'knex';
import { Organization } from '../../../models/organization.js';
import { applyCursor } from '../../database/keyset.js';
import { administersAll, type Actor } from '../auth/actor.js';

export interface OrganizationFilter {
  /** Part of the name, in any case. */
  q?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** The organizations the actor may see, newest first: up to `limit + 1` rows, and how many there are in all. */
export async function listOrganizations(db: Knex, actor: Actor, { q, limit, cursor }: OrganizationFilter) {
  const matching = Organization.query(db).modify((query) => {
    if (!administersAll(actor)) void query.where('id', actor.organizationId);
    if (q) void query.whereRaw('strpos(lower(name), lower(?)) > 0', [q.normalize('NFC')]);
  });
  const page = matching.clone().limit(limit + 1);
  applyCursor(page, cursor, 'organizations.id');
  const [rows, total] = await Promise.all([page, matching.resultSize()]);
  return { rows, total };
}
