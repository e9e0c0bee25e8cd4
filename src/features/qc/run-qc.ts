import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import { Image } from '../../../models/image.js';
import { ImageAnalysis } from '../../../models/image-analysis.js';
import { activeQcRunStatuses, QcRun } from '../../../models/qc-run.js';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { enqueue, type JobContext } from '../../queue/job.js';
import { analyseImages, hexSha256, type Analyser, type AnalysisRow } from './analyse-images.js';
import { finishRun } from './finish-run.js';
import { inPages } from './in-pages.js';
import { learnKnownPictures } from './known-pictures.js';
import { type KnownPicture, Matcher } from './match/matcher.js';
import { saveResults } from './save-results.js';
import { runJobKey } from './start-run.js';
import { watchForCancel } from './watch-for-cancel.js';

/** Pictures analysed, matched and written together: results appear at this pace. */
const BATCH = 32;

/**
 * One run of quality control over a request: analyses its pictures batch by batch, matches them against everything the
 * customer has uploaded, and writes results as it goes. A run that was interrupted begins anew, which costs little:
 * analyses are kept.
 */
export async function runQc(analyser: Analyser, { runId }: { runId: string }, job: JobContext): Promise<void> {
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

async function examine(analyser: Analyser, run: QcRun, request: DatasetRequest, stop: AbortSignal): Promise<void> {
  const { db, analyserVersion } = analyser;
  const ofRequest = () => Image.query(db).where('images.requestId', request.id);
  const known = { ownerId: request.ownerId, analyserVersion };
  const matcher = new Matcher();
  await learnKnownPictures(db, matcher, known);
  const knownBefore = matcher.size;

  for await (const images of inPages(ofRequest, 'images.id', BATCH)) {
    const analyses = await analyseImages(analyser, images, stop);
    if (stop.aborted) return;
    for (const image of images) learn(matcher, image, analyses);
    await saveResults(db, run, resultsOf(images, analyses, matcher), { countAsDone: true });
  }
  for await (const images of inPages(() => notAnalysed(analyser, request.ownerId), 'images.id', BATCH)) {
    const analyses = await analyseImages(analyser, images, stop);
    if (stop.aborted) return;
    for (const image of images) learn(matcher, image, analyses);
  }
  if (matcher.size === knownBefore) return;
  // A picture's best match may have come to be known after its own batch: in a later one, in another run, or as the
  // same bytes in another request, which need no analysis of their own.
  await learnKnownPictures(db, matcher, known);
  for await (const images of inPages(ofRequest, 'images.id', BATCH)) {
    const analyses = await analyseImages(analyser, images, stop);
    if (stop.aborted) return;
    await saveResults(db, run, resultsOf(images, analyses, matcher), { countAsDone: false });
  }
}

/** What the customer uploaded and no run has looked at yet, in whatever request. */
function notAnalysed({ db, analyserVersion }: Analyser, ownerId: string): QueryBuilder<Image> {
  const analysed = ImageAnalysis.query(db)
    .where({ analyserVersion })
    .whereColumn('imageAnalyses.sha256', 'images.sha256');
  return Image.query(db).where('images.ownerId', ownerId).whereNotExists(analysed);
}

function learn(matcher: Matcher, image: Image, analyses: ReadonlyMap<string, AnalysisRow>): void {
  const analysis = analyses.get(hexSha256(image));
  if (analysis) matcher.add(asPicture(image, analysis));
}

function resultsOf(images: readonly Image[], analyses: ReadonlyMap<string, AnalysisRow>, matcher: Matcher) {
  return images.flatMap((image) => {
    const analysis = analyses.get(hexSha256(image));
    return analysis ? { imageId: image.id, analysis, match: matcher.bestMatch(asPicture(image, analysis)) } : [];
  });
}

function asPicture(image: Image, { pdq, pdqQuality }: AnalysisRow): KnownPicture {
  return { id: image.id, sha256: hexSha256(image), pdq, quality: pdqQuality };
}
