import type { Knex } from 'knex';
import { QcResult } from '../../../models/qc-result.js';
import type { Image } from '../../../models/image.js';
import type { QcRun } from '../../../models/qc-run.js';
import { hexSha256, type AnalysisRow } from './analyse-images.js';
import { findMatches, type MatchMemory, type MatchThreads, type SoughtPicture } from './match/find-matches.js';
import { lockMatches } from './match/lock-matches.js';
import { rememberHashes } from './match/remember-hashes.js';
import { saveMatches } from './match/save-matches.js';
import { saveResults } from './save-results.js';

type Ground = MatchMemory & { db: Knex; analyserVersion: string; pool: MatchThreads };

/**
 * Makes a batch of a request's analysed pictures known, looks them up, and writes their results and the run's progress.
 * They are made known, and visibly so, before they are looked up: of two runs with the same picture the later finds
 * the earlier's.
 */
export async function matchImages(ground: Ground, { run, ownerId, images, analyses }: RunBatch): Promise<void> {
  const { analyserVersion } = ground;
  const everyone = run.scope === 'everyone' || run.scope === 'organization';
  const scannedTo = await earlierScans(ground, images);
  const found = images.flatMap((image) => analyses.get(hexSha256(image)) ?? []);
  const sought = found.map((analysis) => ({ ...analysis, scannedTo: scannedTo.get(hexSha256(analysis)) ?? 0 }));
  const result = await lookUp(ground, { ownerId, everyone }, sought);
  const rows = images.flatMap((image) => {
    const analysis = analyses.get(hexSha256(image));
    return analysis ? { imageId: image.id, analysis, scannedTo: analysis.pdq && result.scannedTo } : [];
  });
  await saveResults(ground.db, run, { ownerId, analyserVersion }, { found: rows, matches: result.matches });
}

interface RunBatch {
  run: QcRun;
  ownerId: string;
  images: readonly Image[];
  analyses: ReadonlyMap<string, AnalysisRow>;
}

/** Makes pictures of an owner known that are in no run now, and tells the results of those that are what they match. */
export async function matchUploads(
  ground: Ground,
  { ownerId, analyses }: { ownerId: string; analyses: ReadonlyMap<string, AnalysisRow> },
): Promise<void> {
  const { db, analyserVersion } = ground;
  const sought = [...analyses.values()].map((analysis) => ({ ...analysis, scannedTo: 0 }));
  const { matches } = await lookUp(ground, { ownerId, everyone: false }, sought);
  const sha256s = sought.map(({ sha256 }) => sha256);
  await db.transaction(async (trx) => {
    await lockMatches(trx, ownerId);
    await saveMatches(trx, { ownerId, analyserVersion }, { matches, imageIds: [], sha256s });
  });
}

async function lookUp(
  ground: Ground,
  { ownerId, everyone }: { ownerId: string; everyone: boolean },
  analyses: readonly (AnalysisRow & { scannedTo: number })[],
) {
  const { db, analyserVersion } = ground;
  const pictures = analyses.flatMap(({ pdq, ...picture }): SoughtPicture[] => (pdq ? [{ ...picture, pdq }] : []));
  await rememberHashes(
    db,
    { ownerId, analyserVersion },
    pictures.map(({ sha256 }) => sha256),
  );
  return findMatches(ground, { ownerId, analyserVersion, everyone }, pictures);
}

/** By hex SHA-256: up to where earlier runs with this version have looked these images up. */
async function earlierScans({ db, analyserVersion }: Ground, images: readonly Image[]): Promise<Map<string, number>> {
  const results = await QcResult.query(db)
    .whereIn(
      'imageId',
      images.map(({ id }) => id),
    )
    .where({ analyserVersion })
    .whereNotNull('scannedTo')
    .select('imageId', 'scannedTo');
  const byImage = new Map(results.map(({ imageId, scannedTo }) => [imageId, scannedTo]));
  return new Map(images.map((image) => [hexSha256(image), byImage.get(image.id) ?? 0]));
}
