import { Image } from '../../../models/image.js';
import type { QcBatch } from '../../../models/qc-batch.js';
import { QcRun } from '../../../models/qc-run.js';
import { enqueue, type JobContext } from '../../queue/job.js';
import { analyseImages, failedAnalysis, type Analyser } from './analyse-images.js';
import { endCancelled, giveBack, splitBatch, takeBatch, turnIn } from './batches.js';
import type { MatchMemory } from './match/find-matches.js';
import { lockMatches } from './match/lock-matches.js';
import { lookUpImages, lookUpUploads } from './match-images.js';
import { notLookedAt } from './not-looked-at.js';
import { batchJobKey, moveOn, planBatches } from './plan-batches.js';
import { saveResults, saveUploads, type FoundInBatch } from './save-results.js';
import { watchForCancel } from './watch-for-cancel.js';

/** Processes that died over one picture before it is given up. */
const MOST_CRASHES = 3;

/**
 * Examines a batch of a run: analyses its pictures, matches them against what the run's scope allows, and writes results
 * and progress, once however often the batch is begun. Between two pictures it looks whether the run was cancelled, or
 * whether the process is to stop, which gives the batch back to the queue.
 *
 * A batch whose worker process died is begun again with care: its pictures are analysed in a process apart, which the
 * one that is to blame takes with it alone. Should that not be enough, it is halved, until the picture is alone.
 */
export async function examineBatch(
  analyser: Analyser & MatchMemory,
  { batchId }: { batchId: string },
  job: JobContext,
): Promise<void> {
  const { db, analyserVersion } = analyser;
  const batch = await takeBatch(db, batchId);
  if (!batch) return;
  const { ownerId } = batch;
  const run = await QcRun.query(db).findById(batch.runId);
  if (!run) return;
  if (run.cancelRequested) return endCancelled(db, batch);
  if (batch.crashes > 1 && (await splitBatch(db, batch))) return;

  const cancelled = watchForCancel(db, run.id);
  const conclude = (found: FoundInBatch) =>
    db.transaction(async (trx) => {
      await lockMatches(trx, ownerId);
      // Another process may have thought this one dead, and been faster.
      if (!(await turnIn(trx, batch))) return;
      if (batch.part === 'request') await saveResults(trx, run, { ownerId, analyserVersion }, found);
      else await saveUploads(trx, { ownerId, analyserVersion }, found);
      await moveOn(trx, run);
      await planBatches(trx, { ownerId, analyserVersion });
    });
  const lastTry = job.attempt >= job.maxAttempts;
  try {
    if (batch.crashes >= MOST_CRASHES) {
      await conclude(await givenUp(analyser, run, batch));
      return;
    }
    const stop = AbortSignal.any([cancelled.signal, job.shutdown]);
    const found = await lookThrough(analyser, run, batch, { stop, lastTry });
    if (cancelled.signal.aborted) await endCancelled(db, batch);
    else if (found) await conclude(found);
    else await giveBack(db, batch, (trx) => enqueue(trx, 'examineBatch', { batchId }, batchJobKey(batchId)));
  } catch (error) {
    if (lastTry) await conclude(await givenUp(analyser, run, batch));
    else await giveBack(db, batch);
    throw error;
  } finally {
    cancelled.stop();
  }
}

/** Undefined where it was stopped. */
async function lookThrough(
  analyser: Analyser & MatchMemory,
  run: QcRun,
  batch: QcBatch,
  { stop, lastTry }: { stop: AbortSignal; lastTry: boolean },
): Promise<FoundInBatch | undefined> {
  const images = await imagesOf(analyser, run, batch);
  const analyses = await analyseImages(analyser, images, { stop, apart: batch.crashes > 0, tolerant: lastTry });
  if (stop.aborted) return undefined;
  return batch.part === 'request'
    ? lookUpImages(analyser, { run, ownerId: batch.ownerId, images, analyses })
    : lookUpUploads(analyser, { ownerId: batch.ownerId, analyses });
}

/** What is said of pictures that could not be examined; of what is only to be made known there is nothing to say. */
async function givenUp(analyser: Analyser, run: QcRun, batch: QcBatch): Promise<FoundInBatch> {
  const images = batch.part === 'request' ? await imagesOf(analyser, run, batch) : [];
  const found = images.map((image) => {
    const analysis = failedAnalysis(image, analyser.analyserVersion);
    return { imageId: image.id, analysis, scannedTo: null };
  });
  return { found, matches: [], sha256s: images.map(({ sha256 }) => sha256) };
}

function imagesOf({ db, analyserVersion }: Analyser, run: QcRun, batch: QcBatch): Promise<Image[]> {
  const images =
    batch.part === 'request'
      ? Image.query(db).where('images.requestId', run.requestId)
      : notLookedAt(db, { ownerId: batch.ownerId, analyserVersion });
  return images.whereBetween('images.id', [batch.firstImageId, batch.lastImageId]).orderBy('images.id').execute();
}
