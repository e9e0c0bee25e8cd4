import type { Knex } from 'knex';
import { User } from '../../../models/user.js';
import { applyCursor } from '../../database/keyset.js';
import { administersAll, type Actor } from '../auth/actor.js';

export interface UserFilter {
  /** Part of the name, the username or the e-mail, in any case. */
  q?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** The users an administrator administers, newest first: up to `limit + 1` rows, and how many there are in all. */
export async function listUsers(db: Knex, administrator: Actor, { q, limit, cursor }: UserFilter) {
  const matching = User.query(db).modify((query) => {
    if (!administersAll(administrator)) void query.where('organizationId', administrator.organizationId);
    if (q) void query.whereRaw(`strpos(lower(name || ' ' || username || ' ' || email), lower(?)) > 0`, [q]);
  });
  const page = matching
    .clone()
    .withGraphFetched('userRoles')
    .limit(limit + 1);
  applyCursor(page, cursor, 'users.id');
  const [rows, total] = await Promise.all([page, matching.resultSize()]);
  return { rows, total };
}
