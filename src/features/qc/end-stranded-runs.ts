import type { Knex } from 'knex';
import { activeQcRunStatuses, QcRun } from '../../../models/qc-run.js';
import { finishRun } from './finish-run.js';
import { runJobKey } from './start-run.js';

const AT_ONCE = 100;

/** Fails active runs whose job will not run again, so that their requests can be examined anew. */
export async function endStrandedRuns(db: Knex): Promise<void> {
  const stranded = await QcRun.query(db)
    .joinRaw('left join graphile_worker.jobs job on job.key = ? || qc_runs.id', [runJobKey('')])
    .whereIn('qcRuns.status', [...activeQcRunStatuses])
    .whereRaw('(job.id is null or (job.attempts >= job.max_attempts and job.locked_at is null))')
    .select('qcRuns.*')
    .limit(AT_ONCE);
  for (const run of stranded) {
    await finishRun(db, run, 'failed', 'Quality control was interrupted too often. Start it again.');
  }
}
