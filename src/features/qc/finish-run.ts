import type { Knex } from 'knex';
import { raw } from 'objection';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { QcBatch } from '../../../models/qc-batch.js';
import { activeQcRunStatuses, QcRun } from '../../../models/qc-run.js';
import { enqueue } from '../../queue/job.js';

/** Pictures came and went since it began. One without any was never begun. */
const COMPLETE = { imagesTotal: raw('images_done'), startedAt: raw('coalesce(started_at, now())') };

/** The key that a run's job bears in the queue. */
export const runJobKey = (runId: string) => `runQc:${runId}`;

/**
 * Ends an active run and takes away what is left of its batches: whoever works on one finds it gone. A request that was
 * waiting for it is ready if a run of it ever completed, and new otherwise.
 * @returns false when the run had ended before.
 */
export async function finishRun(
  db: Knex,
  run: Pick<QcRun, 'id' | 'requestId'>,
  status: 'completed' | 'failed' | 'cancelled',
  error: string | null = null,
): Promise<boolean> {
  return db.transaction(async (trx) => {
    const ended = await QcRun.query(trx)
      .findById(run.id)
      .whereIn('status', [...activeQcRunStatuses])
      .patch({ status, error, finishedAt: raw('now()'), ...(status === 'completed' && COMPLETE) });
    if (ended === 0) return false;
    await QcBatch.query(trx).delete().where({ runId: run.id });
    // Whoever is done with the last batch of a run cuts the next ones himself.
    if (status !== 'completed') await passOn(trx, run);

    const completed = await QcRun.query(trx).findOne({ requestId: run.requestId, status: 'completed' });
    await DatasetRequest.query(trx)
      .findById(run.requestId)
      .where('status', 'in_qc')
      .patch({ status: completed ? 'ready' : 'new' });
    return true;
  });
}

/** The owner's other runs may have waited for their turn behind batches that nobody will be done with now. */
async function passOn(trx: Knex.Transaction, { requestId }: Pick<QcRun, 'requestId'>): Promise<void> {
  const { ownerId } = await DatasetRequest.query(trx).findById(requestId).throwIfNotFound();
  const waiting = await QcRun.query(trx)
    .join('requests', 'requests.id', 'qcRuns.requestId')
    .where('requests.ownerId', ownerId)
    .whereIn('qcRuns.status', [...activeQcRunStatuses])
    .whereIn('qcRuns.planning', ['request', 'uploads'])
    .orderBy('qcRuns.id')
    .select('qcRuns.id')
    .first();
  // It cuts batches of whichever runs are next.
  if (waiting) await enqueue(trx, 'runQc', { runId: waiting.id }, runJobKey(waiting.id));
}
