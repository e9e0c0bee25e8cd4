import type { Knex } from 'knex';
import { raw } from 'objection';
import { QcBatch } from '../../../models/qc-batch.js';
import { activeQcRunStatuses, QcRun } from '../../../models/qc-run.js';
import { enqueue } from '../../queue/job.js';
import { finishRun, runJobKey } from './finish-run.js';
import { batchJobKey } from './plan-batches.js';

const AT_ONCE = 100;
/** Of a left join with `graphile_worker.jobs`. */
const WILL_NOT_RUN = '(job.id is null or (job.attempts >= job.max_attempts and job.locked_at is null))';

/**
 * Gives batches whose job will not run again another, as after a crash; and fails active runs that nothing is left of to
 * bring to an end, or cancels those for which that was asked, so that their requests can be examined anew.
 */
export async function endStrandedRuns(db: Knex): Promise<void> {
  const batches = await QcBatch.query(db)
    .joinRaw('left join graphile_worker.jobs job on job.key = ? || qc_batches.id', [batchJobKey('')])
    .whereRaw(WILL_NOT_RUN)
    .select('qcBatches.*')
    .limit(AT_ONCE);
  for (const { id } of batches) {
    await db.transaction(async (trx) => {
      const present = await QcBatch.query(trx)
        .findById(id)
        .patch({ takenAt: null, crashes: raw('crashes + 1') });
      if (present > 0) await enqueue(trx, 'examineBatch', { batchId: id }, batchJobKey(id));
    });
  }

  // Its turn comes when a batch of the same customer's is done, if there is one.
  const ownersBatch = QcBatch.query(db)
    .join('requests', 'requests.ownerId', 'qcBatches.ownerId')
    .whereColumn('requests.id', 'qcRuns.requestId');
  const stranded = await QcRun.query(db)
    .joinRaw('left join graphile_worker.jobs job on job.key = ? || qc_runs.id', [runJobKey('')])
    .whereIn('qcRuns.status', [...activeQcRunStatuses])
    .whereRaw(WILL_NOT_RUN)
    .whereNotExists(ownersBatch)
    .select('qcRuns.*')
    .limit(AT_ONCE);
  for (const run of stranded) {
    if (run.cancelRequested) await finishRun(db, run, 'cancelled');
    else await finishRun(db, run, 'failed', 'Quality control was interrupted too often. Start it again.');
  }
}
