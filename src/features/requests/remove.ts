import type { Knex } from 'knex';
import { raw } from 'objection';
import { DatasetExport } from '../../../models/dataset-export.js';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Image } from '../../../models/image.js';
import { activeQcRunStatuses, QcRun } from '../../../models/qc-run.js';
import { Task } from '../../../models/task.js';
import { conflict } from '../../errors.js';
import { enqueue } from '../../queue/job.js';
import { recordAudit } from '../audit/record.js';
import { administers } from '../auth/actor.js';
import type { Caller } from '../auth/caller.js';
import { clearJobKey } from './clear-requests.js';
import { findRequest, ownershipOf } from './find.js';

/**
 * Deletes a request with all it holds. It is nobody's to see from now on, nor are its tasks and exports; its pictures go
 * in the background, since there may be a hundred thousand of them.
 * @throws {DomainError} as `findRequest`; `conflict` while quality control of it is running, and to its owner once a
 * labeler has begun with it.
 */
export async function removeRequest(db: Knex, caller: Caller, id: string): Promise<void> {
  await db.transaction(async (trx) => {
    // Orders this after or before whatever is begun with it, uploads and runs among them, never beside it.
    await DatasetRequest.query(trx).findById(id).select('id').forUpdate();
    await takeAway(trx, caller, await findRequest(trx, caller.actor, id, 'write'), 'this request');
  });
}

/**
 * Deletes all requests of a user, who is the caller or administered by him, as `removeRequest` does: all of them or,
 * where one cannot go, none.
 * @param trx holds the user's row.
 */
export async function removeRequestsOf(trx: Knex.Transaction, caller: Caller, ownerId: string): Promise<void> {
  const requests = await DatasetRequest.query(trx).where({ ownerId }).whereNull('deletedAt').orderBy('id').forUpdate();
  for (const request of requests) await takeAway(trx, caller, request, `the request “${request.title}”`);
}

async function takeAway(trx: Knex.Transaction, caller: Caller, request: DatasetRequest, name: string): Promise<void> {
  const { id } = request;
  if (!administers(caller.actor, ownershipOf(request))) await refuseOnceBegun(trx, id, name);
  const run = await QcRun.query(trx)
    .findOne({ requestId: id })
    .whereIn('status', [...activeQcRunStatuses]);
  if (run) throw conflict(`Quality control of ${name} is running: cancel it, or wait until it has ended.`);

  await DatasetRequest.query(trx)
    .findById(id)
    .patch({ deletedAt: raw('now()') });
  const exports = await DatasetExport.query(trx).delete().where({ requestId: id }).returning('storageKey');
  const keys = exports.flatMap(({ storageKey }) => storageKey ?? []);
  if (keys.length > 0) await enqueue(trx, 'deleteObjects', { keys });
  await enqueue(trx, 'clearRequests', { requestId: id }, clearJobKey(id));
  await recordAudit(trx, caller, {
    action: 'request.deleted',
    target: { type: 'request', id },
    organizationId: request.organizationId,
    details: {
      owner_id: request.ownerId,
      title: request.title,
      images: await Image.query(trx).where({ requestId: id }).resultSize(),
    },
  });
}

async function refuseOnceBegun(trx: Knex.Transaction, requestId: string, name: string): Promise<void> {
  // Whoever is saving a first label has the task locked, and is waited for.
  const tasks = await Task.query(trx).where({ requestId }).orderBy('id').select('status').forUpdate();
  if (tasks.some(({ status }) => status !== 'assigned')) {
    throw conflict(`A labeler has begun with ${name}: ask an administrator to delete it.`);
  }
}
