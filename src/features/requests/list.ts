import type { Knex } from 'knex';
import type { DatasetRequest, RequestStatus } from '../../../models/dataset-request.js';
import { runPrepared } from '../../database/prepared.js';
import type { Actor } from '../auth/actor.js';
import { actorValues, readableRequests } from './find.js';

export interface RequestFilter {
  status?: RequestStatus | undefined;
  /** Part of the title or the description, in any case. */
  q?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** What a list shows of a request. */
export type ListedRequest = Pick<
  DatasetRequest,
  'id' | 'title' | 'description' | 'classes' | 'status' | 'ownerId' | 'organizationId' | 'createdAt'
>;

/**
 * The requests the actor may read, newest first: up to `limit + 1` rows, and how many there are in all. Clients look at
 * this list more than at anything else, so it is one statement, prepared.
 */
export async function listRequests(db: Knex, actor: Actor, { status, q, limit, cursor }: RequestFilter) {
  const matching = [
    readableRequests(actor),
    ...(status ? ['requests.status = :status'] : []),
    ...(q ? [`strpos(lower(title || ' ' || description), lower(:q)) > 0`] : []),
  ].join(' and ');
  // The count stands first and the page joins it, since a page may be empty where the whole list is not.
  const rows = await runPrepared<{ total: number } & ((ListedRequest & { ownerName: string }) | { id: null })>(
    db,
    `select page.*, whole.total
     from (select count(*) as total from requests where ${matching}) as whole
     left join lateral (
       select id, title, description, classes, status, owner_id as "ownerId", organization_id as "organizationId",
              created_at as "createdAt", (select name from users where users.id = owner_id) as "ownerName"
       from requests where ${matching} ${cursor === undefined ? '' : 'and requests.id < :cursor'}
       order by id desc limit :limit
     ) as page on true`,
    { ...actorValues(actor), status, q, cursor, limit: limit + 1 },
  );
  return { rows: rows.filter((row) => row.id !== null), total: rows[0]?.total ?? 0 };
}
