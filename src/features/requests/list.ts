import type { Knex } from 'knex';
import { DatasetRequest, type RequestStatus } from '../../../models/dataset-request.js';
import { applyCursor } from '../../database/keyset.js';
import type { Actor } from '../auth/actor.js';
import { onlyReadable } from './find.js';

export interface RequestFilter {
  status?: RequestStatus | undefined;
  /** Part of the title or the description, in any case. */
  q?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** The requests the actor may read, newest first: up to `limit + 1` rows, and how many there are in all. */
export async function listRequests(db: Knex, actor: Actor, { status, q, limit, cursor }: RequestFilter) {
  const matching = onlyReadable(DatasetRequest.query(db), actor).modify((query) => {
    if (status) void query.where('requests.status', status);
    if (q) void query.whereRaw(`strpos(lower(title || ' ' || description), lower(?)) > 0`, [q]);
  });
  const page = matching.clone().limit(limit + 1);
  applyCursor(page, cursor, 'requests.id');
  const [rows, total] = await Promise.all([page, matching.resultSize()]);
  return { rows, total };
}
