import type { Knex } from 'knex';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Task } from '../../../models/task.js';
import { runPrepared } from '../../database/prepared.js';
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
  const row = { ...ownershipOf(request), hasTask: await hasTask(db, actor, id) };
  if (mayOnRequest(actor, operation, row)) return request;
  throw mayOnRequest(actor, 'read', row)
    ? forbidden('You may see this request but not do this to it.')
    : notFound('Request');
}

/** Asked of labelers alone: to nobody else does it make a difference. */
async function hasTask(db: Knex, actor: Actor, requestId: string): Promise<boolean> {
  if (!actor.roles.includes('LABELER')) return false;
  return (await Task.query(db).findOne({ requestId, labelerId: actor.id })) !== undefined;
}

export const ownershipOf = ({ ownerId, organizationId }: DatasetRequest) => ({ ownerId, organizationId });

/** Whose values `readableRequests` names. */
export const actorValues = ({ id, organizationId }: Actor) => ({ actorId: id, organizationId });

/** The policy's `read` in SQL: a condition on rows of `requests`. */
export function readableRequests(actor: Actor): string {
  const there = 'requests.deleted_at is null';
  if (administersAll(actor)) return there;
  const readsAll = actor.organizationId !== null && (actor.roles.includes('ADMIN') || actor.roles.includes('VIEWER'));
  const owned = `(requests.owner_id = :actorId${readsAll ? ' or requests.organization_id = :organizationId' : ''})`;
  if (!actor.roles.includes('LABELER')) return `${there} and ${owned}`;
  // A union, since PostgreSQL answers `or … in (select …)` by reading every row.
  return `${there} and requests.id in (
    select requests.id from requests where ${owned} union select request_id from tasks where labeler_id = :actorId)`;
}

/** Which of these requests the actor may read. */
export async function readableAmong(db: Knex, actor: Actor, ids: readonly string[]): Promise<Set<string>> {
  const readable = await runPrepared<{ id: string }>(
    db,
    `select id from requests where id = any(:ids::uuid[]) and ${readableRequests(actor)}`,
    { ...actorValues(actor), ids: [...new Set(ids)] },
  );
  return new Set(readable.map(({ id }) => id));
}
