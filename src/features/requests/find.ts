import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Task } from '../../../models/task.js';
import { forbidden, notFound } from '../../errors.js';
import { administersAll, type Actor } from '../auth/actor.js';
import { mayOnRequest, type RequestOperation } from './policy.js';

/**
 * The request, if the actor may do this to it.
 * @throws {DomainError} `not_found` when it is not there or not his to see, `forbidden` when he may only see it.
 */
export async function findRequest(
  db: Knex,
  actor: Actor,
  id: string,
  operation: RequestOperation,
): Promise<DatasetRequest> {
  const request = await DatasetRequest.query(db).findById(id);
  if (!request || request.deletedAt) throw notFound('Request');
  const task = await Task.query(db).findOne({ requestId: id, labelerId: actor.id });
  const row = { ...ownershipOf(request), hasTask: task !== undefined };
  if (mayOnRequest(actor, operation, row)) return request;
  throw mayOnRequest(actor, 'read', row)
    ? forbidden('You may see this request but not do this to it.')
    : notFound('Request');
}

export const ownershipOf = ({ ownerId, organizationId }: DatasetRequest) => ({ ownerId, organizationId });

/** Narrows a query over `requests` to the rows the actor may read: the policy's `read` in SQL. */
export function onlyReadable<Result>(query: QueryBuilder<DatasetRequest, Result>, actor: Actor) {
  void query.whereNull('requests.deletedAt');
  if (administersAll(actor)) return query;
  const organizationId = actor.roles.includes('ADMIN') || actor.roles.includes('VIEWER') ? actor.organizationId : null;
  const owned = <Owned>(rows: QueryBuilder<DatasetRequest, Owned>) =>
    rows.where((any) => {
      void any.where('requests.ownerId', actor.id);
      if (organizationId !== null) void any.orWhere('requests.organizationId', organizationId);
    });
  if (!actor.roles.includes('LABELER')) return owned(query);

  // A union, since PostgreSQL answers `or … in (select …)` by reading every row.
  const assigned = Task.query().select('requestId').where('labelerId', actor.id);
  return query.whereIn('requests.id', owned(DatasetRequest.query().select('requests.id')).union(assigned));
}

/** Which of these requests the actor may read. */
export async function readableAmong(db: Knex, actor: Actor, ids: readonly string[]): Promise<Set<string>> {
  const readable = await onlyReadable(DatasetRequest.query(db), actor)
    .whereIn('requests.id', [...new Set(ids)])
    .select('requests.id');
  return new Set(readable.map(({ id }) => id));
}
