import type { Knex } from 'knex';
import { raw } from 'objection';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { QcBatch } from '../../../models/qc-batch.js';
import { activeQcRunStatuses, QcRun } from '../../../models/qc-run.js';

/** Pictures came and went since it began. One without any was never begun. */
const COMPLETE = { imagesTotal: raw('images_done'), startedAt: raw('coalesce(started_at, now())') };

/**
 * Ends an active run and takes away what is left of its batches: whoever works on one finds it gone. A request that was waiting for it is ready if a run of it ever completed, and new otherwise.
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
      .patch({ status, error, finishedAt: new Date(), ...(status === 'completed' && COMPLETE) });
    if (ended === 0) return false;
    await QcBatch.query(trx).delete().where({ runId: run.id });

    const completed = await QcRun.query(trx).findOne({ requestId: run.requestId, status: 'completed' });
    await DatasetRequest.query(trx)
      .findById(run.requestId)
      .where('status', 'in_qc')
      .patch({ status: completed ? 'ready' : 'new' });
    return true;
  });
}
