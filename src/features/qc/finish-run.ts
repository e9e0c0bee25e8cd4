import type { Knex } from 'knex';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { activeQcRunStatuses, QcRun } from '../../../models/qc-run.js';

/**
 * Ends an active run. A request that was waiting for it is ready if a run of it ever completed, and new otherwise.
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
      .patch({ status, error, finishedAt: new Date() });
    if (ended === 0) return false;

    const completed = await QcRun.query(trx).findOne({ requestId: run.requestId, status: 'completed' });
    await DatasetRequest.query(trx)
      .findById(run.requestId)
      .where('status', 'in_qc')
      .patch({ status: completed ? 'ready' : 'new' });
    return true;
  });
}
