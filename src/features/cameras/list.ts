import type { Knex } from 'knex';
import { Camera } from '../../../models/camera.js';
import { applyCursor } from '../../database/keyset.js';
import { administersAll, type Actor } from '../auth/actor.js';

export interface CameraFilter {
  active?: boolean | undefined;
  /** Part of the name or the location, in any case. */
  q?: string | undefined;
  organizationId?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** The cameras the actor may read, newest first: up to `limit + 1` rows, and how many there are in all. */
export async function listCameras(db: Knex, actor: Actor, filter: CameraFilter) {
  const { active, q, organizationId, limit, cursor } = filter;
  const matching = Camera.query(db).modify((query) => {
    if (!administersAll(actor)) void query.where('organizationId', actor.organizationId);
    if (organizationId) void query.where({ organizationId });
    if (active !== undefined) void query.where({ active });
    if (q) void query.whereRaw(`strpos(lower(name || ' ' || location), lower(?)) > 0`, [q.normalize('NFC')]);
  });
  const page = matching.clone().limit(limit + 1);
  applyCursor(page, cursor, 'cameras.id');
  const [rows, total] = await Promise.all([page, matching.resultSize()]);
  return { rows, total };
}
