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

/**
 * Puts a request into a labeler's hands. One who has it in hand already keeps the task he has; of two calls at once
 * the database lets one make it.
 * @throws {DomainError} `not_found` for a request out of reach, `invalid` naming `labeler_username` for nobody who labels.
 */
export async function assignRequest(
  db: Knex,
  caller: Caller,
  { requestId, labelerName }: { requestId: string; labelerName: string },
): Promise<Task> {
  const { actor } = caller;
  return db.transaction(async (trx) => {
    // Orders this after or before the completion of a task of the same request, never beside it.
    await DatasetRequest.query(trx).findById(requestId).forUpdate();
    const request = await findRequest(trx, actor, requestId, 'assign');
    const labeler = await findLabeler(trx, actor, labelerName);
    const id = uuidv7();
    await Task.query(trx)
      .insert({ id, requestId: request.id, labelerId: labeler.id, assignedBy: actor.id })
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
    return task;
  });
}

async function findLabeler(trx: Knex.Transaction, actor: Actor, name: string) {
  const user = await findUserByName(trx, name);
  const row = user && userRow(user);
  if (!user?.isActive || !row || !maySeeUser(actor, row)) {
    throw invalid('labeler_username', `There is no active user ${name}.`);
  }
  if (!row.roles.includes('LABELER') && !row.roles.includes('SUPER_ADMIN')) {
    throw invalid('labeler_username', `${name} is not a labeler: give him the role LABELER first.`);
  }
  return user;
}
