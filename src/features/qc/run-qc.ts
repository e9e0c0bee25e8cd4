import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Image } from '../../../models/image.js';
import { ImageAnalysis } from '../../../models/image-analysis.js';
import { PictureHash } from '../../../models/picture-hash.js';
import { activeQcRunStatuses, QcRun } from '../../../models/qc-run.js';
import { enqueue, type JobContext } from '../../queue/job.js';
import { analyseImages, type Analyser } from './analyse-images.js';
import { finishRun } from './finish-run.js';
import { inPages } from './in-pages.js';
import { matchImages, matchUploads } from './match-images.js';
import type { MatchMemory } from './match/find-matches.js';
import { runJobKey } from './start-run.js';
import { watchForCancel } from './watch-for-cancel.js';

/** Pictures analysed, matched and written together: results appear at this pace. */
const BATCH = 32;

/**
 * One run of quality control over a request: analyses its pictures batch by batch, matches them against what the run's
 * scope allows, and writes results as it goes. A run that was interrupted begins anew, which costs little: analyses are
 * kept, and no picture is looked up twice in what it was looked up in before.
 */
export async function runQc(
  analyser: Analyser & MatchMemory,
  { runId }: { runId: string },
  job: JobContext,
): Promise<void> {
  const { db } = analyser;
  const run = await beginRun(db, runId);
  if (!run) return;
  const request = await DatasetRequest.query(db).findById(run.requestId).throwIfNotFound();
  const cancelled = watchForCancel(db, run.id);
  try {
    const stop = AbortSignal.any([cancelled.signal, job.shutdown]);
    await examine(analyser, run, request, stop);
    if (cancelled.signal.aborted) await finishRun(db, run, 'cancelled');
    else if (job.shutdown.aborted) await enqueue(db, 'runQc', { runId }, runJobKey(runId));
    else await finishRun(db, run, 'completed');
  } catch (error) {
    if (job.attempt >= job.maxAttempts) {
      await finishRun(db, run, 'failed', 'Quality control failed on our side. Start it again.');
    }
    throw error;
  } finally {
    cancelled.stop();
  }
}

/** Undefined when the run has ended or was cancelled while nobody worked on it. */
async function beginRun(db: Knex, runId: string): Promise<QcRun | undefined> {
  const [run] = await QcRun.query(db)
    .where({ id: runId })
    .whereIn('status', [...activeQcRunStatuses])
    .patch({ status: 'running', imagesDone: 0, imagesFailed: 0 })
    .returning('*');
  if (!run) return undefined;
  if (run.cancelRequested) {
    await finishRun(db, run, 'cancelled');
    return undefined;
  }
  const imagesTotal = await Image.query(db).where('requestId', run.requestId).resultSize();
  const startedAt = run.startedAt ?? new Date();
  await QcRun.query(db).findById(run.id).patch({ imagesTotal, startedAt });
  return run;
}

async function examine(
  analyser: Analyser & MatchMemory,
  run: QcRun,
  request: DatasetRequest,
  stop: AbortSignal,
): Promise<void> {
  const { db } = analyser;
  const ofRequest = () => Image.query(db).where('images.requestId', request.id);
  for await (const images of inPages(ofRequest, 'images.id', BATCH)) {
    const analyses = await analyseImages(analyser, images, stop);
    if (stop.aborted) return;
    await matchImages(analyser, { run, ownerId: request.ownerId, images, analyses });
  }
  if (run.scope === 'request') return;
  // What these turn out to match has its result already, and that is brought up to date.
  for await (const images of inPages(() => notLookedAt(analyser, request.ownerId), 'images.id', BATCH)) {
    const analyses = await analyseImages(analyser, images, stop);
    if (stop.aborted) return;
    await matchUploads(analyser, { ownerId: request.ownerId, analyses });
  }
}

/** What the customer uploaded, in whatever request, that no run of any version has made known yet. */
function notLookedAt({ db, analyserVersion }: Analyser, ownerId: string): QueryBuilder<Image> {
  const known = PictureHash.query(db).where({ ownerId }).whereColumn('pictureHashes.sha256', 'images.sha256');
  const undecodable = ImageAnalysis.query(db)
    .where({ analyserVersion, pdq: null })
    .whereColumn('imageAnalyses.sha256', 'images.sha256');
  return Image.query(db)
    .where('images.ownerId', ownerId)
    .whereNotNull('images.requestId')
    .whereNotExists(known)
    .whereNotExists(undecodable);
}
