import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Task } from '../../../models/task.js';
import { invalid } from '../../errors.js';
import type { Actor } from '../auth/actor.js';
import type { Caller } from '../auth/caller.js';
import { recordAudit } from '../audit/record.js';
import { findRequest } from '../requests/find.js';
import { findUserByName, userRow } from '../users/find.js';
import { maySeeUser } from '../users/policy.js';
import { dealImages } from './deal-images.js';

/**
 * Puts a request into a labeler's hands. One who has it in hand already keeps the task he has; of two calls at once
 * the database lets one make it. Where the request's tasks share its images he gets his share.
 * @throws {DomainError} `not_found` for a request out of reach, `invalid` naming `labeler_username` for nobody who labels.
 */
export async function assignRequest(
  db: Knex,
  caller: Caller,
  { requestId, labelerName }: { requestId: string; labelerName: string },
): Promise<Task> {
  return db.transaction(async (trx) => {
    // Orders this after or before the completion of a task of the same request, never beside it.
    await DatasetRequest.query(trx).findById(requestId).forUpdate();
    const request = await findRequest(trx, caller.actor, requestId, 'assign');
    const { task, isNew } = await handOver(trx, caller, request, { name: labelerName, field: 'labeler_username' });
    if (isNew) await dealImages(trx, request, { anew: true });
    return task;
  });
}

/**
 * Gives one labeler a task on a request, unless he has one in hand.
 * @param trx holds the request's lock.
 * @param labeler.field the input to blame where nobody of that name labels.
 */
export async function handOver(
  trx: Knex.Transaction,
  caller: Caller,
  request: DatasetRequest,
  { name, field }: { name: string; field: string },
): Promise<{ task: Task; isNew: boolean }> {
  const labeler = await findLabeler(trx, caller.actor, name, field);
  const id = uuidv7();
  await Task.query(trx)
    .insert({ id, requestId: request.id, labelerId: labeler.id, assignedBy: caller.actor.id })
    .onConflict()
    .ignore();
  await DatasetRequest.query(trx).findById(request.id).patch({ status: 'in_progress' });
  const task = await Task.query(trx)
    .findOne({ requestId: request.id, labelerId: labeler.id })
    .whereNot('status', 'done')
    .throwIfNotFound();
  if (task.id === id) {
    await recordAudit(trx, caller, {
      action: 'request.assigned',
      target: { type: 'request', id: request.id },
      organizationId: request.organizationId,
      details: { task_id: id, labeler_id: labeler.id, labeler_username: labeler.username },
    });
  }
  return { task, isNew: task.id === id };
}

async function findLabeler(trx: Knex.Transaction, actor: Actor, name: string, field: string) {
  const user = await findUserByName(trx, name);
  const row = user && userRow(user);
  if (!user?.isActive || !row || !maySeeUser(actor, row)) {
    throw invalid(field, `There is no active user ${name}.`);
  }
  if (!row.roles.includes('LABELER') && !row.roles.includes('SUPER_ADMIN')) {
    throw invalid(field, `${name} is not a labeler: give him the role LABELER first.`);
  }
  return user;
}
