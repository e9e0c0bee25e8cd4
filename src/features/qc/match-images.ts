import type { Knex } from 'knex';
import { QcResult } from '../../../models/qc-result.js';
import type { Image } from '../../../models/image.js';
import type { QcRun } from '../../../models/qc-run.js';
import { hexSha256, type AnalysisRow } from './analyse-images.js';
import { findMatches, type MatchMemory, type MatchThreads } from './match/find-matches.js';
import type { SoughtPicture } from './match/queries.js';
import { rememberHashes } from './match/remember-hashes.js';
import type { FoundInBatch } from './save-results.js';

type Ground = MatchMemory & { db: Knex; analyserVersion: string; pool: MatchThreads };

/**
 * Makes a batch of a request's analysed pictures known and looks them up. They are made known, and visibly so, before
 * they are looked up: of two runs with the same picture the later finds the earlier's.
 */
export async function lookUpImages(
  ground: Ground,
  { run, ownerId, images, analyses }: RunBatch,
): Promise<FoundInBatch> {
  const everyone = run.scope === 'everyone' || run.scope === 'organization';
  const scannedTo = await earlierScans(ground, images);
  const analysed = images.flatMap((image) => analyses.get(hexSha256(image)) ?? []);
  const sought = analysed.map((analysis) => ({ ...analysis, scannedTo: scannedTo.get(hexSha256(analysis)) ?? 0 }));
  const result = await lookUp(ground, { ownerId, everyone }, sought);
  const found = images.flatMap((image) => {
    const analysis = analyses.get(hexSha256(image));
    return analysis ? { imageId: image.id, analysis, scannedTo: analysis.pdq && result.scannedTo } : [];
  });
  return { found, matches: result.matches, sha256s: analysed.map(({ sha256 }) => sha256) };
}

interface RunBatch {
  run: Pick<QcRun, 'scope'>;
  ownerId: string;
  images: readonly Image[];
  analyses: ReadonlyMap<string, AnalysisRow>;
}

/** Makes pictures of an owner known that are in no run now, for the results of those that are what they match. */
export async function lookUpUploads(
  ground: Ground,
  { ownerId, analyses }: { ownerId: string; analyses: ReadonlyMap<string, AnalysisRow> },
): Promise<FoundInBatch> {
  const sought = [...analyses.values()].map((analysis) => ({ ...analysis, scannedTo: 0 }));
  const { matches } = await lookUp(ground, { ownerId, everyone: false }, sought);
  return { found: [], matches, sha256s: sought.map(({ sha256 }) => sha256) };
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
