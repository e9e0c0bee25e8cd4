import type { Knex } from 'knex';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Image } from '../../../models/image.js';
import { activeQcRunStatuses, QcRun } from '../../../models/qc-run.js';
import type { JobContext } from '../../queue/job.js';
import type { Analyser } from './analyse-images.js';
import { finishRun } from './finish-run.js';
import { lockMatches } from './match/lock-matches.js';
import { planBatches } from './plan-batches.js';

/**
 * Begins a run of quality control over a request: cuts its first batches, which any worker process takes. Whoever has
 * done a batch cuts the next, and whoever has done the last one ends the run.
 */
export async function runQc(
  { db, analyserVersion }: Pick<Analyser, 'db' | 'analyserVersion'>,
  { runId }: { runId: string },
  job: Pick<JobContext, 'attempt' | 'maxAttempts'>,
): Promise<void> {
  const run = await QcRun.query(db)
    .findById(runId)
    .whereIn('status', [...activeQcRunStatuses]);
  if (!run) return;
  try {
    await db.transaction((trx) => beginRun(trx, run, analyserVersion));
  } catch (error) {
    if (job.attempt >= job.maxAttempts) {
      await finishRun(db, run, 'failed', 'Quality control failed on our side. Start it again.');
    }
    throw error;
  }
}

async function beginRun(trx: Knex.Transaction, { id, requestId }: QcRun, analyserVersion: string): Promise<void> {
  const { ownerId } = await DatasetRequest.query(trx).findById(requestId).throwIfNotFound();
  await lockMatches(trx, ownerId);
  const run = await QcRun.query(trx).findById(id);
  if (run?.cancelRequested) {
    await finishRun(trx, run, 'cancelled');
    return;
  }
  // Nothing is counted yet: neither by this release, nor anew after one that went through a run in one go.
  await QcRun.query(trx)
    .findById(id)
    .where({ planning: 'request', plannedTo: null })
    .patch({
      imagesTotal: await Image.query(trx).where({ requestId }).resultSize(),
      imagesDone: 0,
      imagesFailed: 0,
    });
  await planBatches(trx, { ownerId, analyserVersion });
}
