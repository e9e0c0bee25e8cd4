import type { Knex } from 'knex';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Task } from '../../../models/task.js';
import { invalid } from '../../errors.js';
import type { Caller } from '../auth/caller.js';
import { recordAudit } from '../audit/record.js';
import { findRequest } from '../requests/find.js';
import { handOver } from './assign.js';
import { dealImages } from './deal-images.js';

/**
 * Puts a request into several labelers' hands and has each image labelled by as many of them as the overlap says. Done
 * again, with the same labelers or more, it deals anew what nobody has labelled yet; labels stay where they are.
 * @param terms.overlap null: every task has every image, as if nothing had ever been dealt.
 * @returns the open tasks of the request.
 * @throws {DomainError} `not_found` for a request out of reach, `invalid` naming `labeler_usernames` or `overlap`.
 */
export async function distributeRequest(
  db: Knex,
  caller: Caller,
  { requestId, overlap, labelerNames }: { requestId: string; overlap: number | null; labelerNames: readonly string[] },
): Promise<Task[]> {
  return db.transaction(async (trx) => {
    await DatasetRequest.query(trx).findById(requestId).forUpdate();
    const request = await findRequest(trx, caller.actor, requestId, 'assign');
    for (const name of labelerNames) await handOver(trx, caller, request, { name, field: 'labeler_usernames' });
    const open = () => Task.query(trx).where('tasks.requestId', requestId).whereNot('tasks.status', 'done');
    const hands = await open().joinRelated('labeler').where('labeler.isActive', true).resultSize();
    if (overlap !== null && overlap > hands) {
      throw invalid('overlap', `Only ${hands} labelers have this request in hand: name more, or ask for less overlap.`);
    }

    await DatasetRequest.query(trx).findById(requestId).patch({ overlap });
    if (overlap === null) await forgetDealt(trx, requestId);
    else if (request.overlap === null) await rememberDone(trx, requestId);
    await dealImages(trx, { id: requestId, overlap }, { anew: true });
    await recordAudit(trx, caller, {
      action: 'request.distributed',
      target: { type: 'request', id: requestId },
      organizationId: request.organizationId,
      details: { overlap },
    });
    return open().withGraphFetched('[labeler, request]').orderBy('tasks.id');
  });
}

async function forgetDealt(trx: Knex.Transaction, requestId: string): Promise<void> {
  await trx.raw('delete from task_images using tasks where tasks.id = task_images.task_id and tasks.request_id = ?', [
    requestId,
  ]);
}

/** What was labelled while every task had every image counts as dealt, as does all that was there when a task was done. */
async function rememberDone(trx: Knex.Transaction, requestId: string): Promise<void> {
  await trx.raw(
    `insert into task_images (task_id, image_id)
     select labels.task_id, labels.image_id from labels join tasks on tasks.id = labels.task_id
     where tasks.request_id = :requestId
     union
     select tasks.id, images.id from tasks join images on images.request_id = tasks.request_id
     where tasks.request_id = :requestId and tasks.status = 'done' and images.created_at <= tasks.completed_at
     on conflict do nothing`,
    { requestId },
  );
}
