import type { Knex } from 'knex';
import pMap from 'p-map';
import type { Image } from '../../../models/image.js';
import { ImageAnalysis } from '../../../models/image-analysis.js';
import { PictureFingerprint } from '../../../models/picture-fingerprint.js';
import type { Analysis } from '../../../workers/analysis.js';
import type { Fingerprint } from '../../../workers/fingerprint.js';
import type { AnalysisPool } from '../../queue/analysis-pool.js';
import { ObjectNotFound, type Storage } from '../../storage/storage.js';

export interface Analyser {
  db: Knex;
  storage: Storage;
  pool: AnalysisPool;
  /** Names what an analysis was made with: one of another version is made anew. */
  analyserVersion: string;
  maxPixels: number;
}

/** What is stored of an analysis. */
export type AnalysisRow = Pick<
  ImageAnalysis,
  | 'sha256'
  | 'analyserVersion'
  | 'width'
  | 'height'
  | 'pdq'
  | 'pdqQuality'
  | 'detectorScore'
  | 'provenance'
  | 'findings'
  | 'metadataBytes'
  | 'error'
> & {
  /** Where the analysis was made just now; else it lies in the database. */
  fingerprint?: Fingerprint | null;
};

/**
 * The analyses of a bounded number of images, by hex SHA-256: those kept from before, and the others made now on all
 * threads and kept. Between two pictures it looks at `stop`, and then returns what it has.
 */
export async function analyseImages(
  analyser: Analyser,
  images: readonly Image[],
  stop: AbortSignal,
): Promise<Map<string, AnalysisRow>> {
  const { db, analyserVersion, pool } = analyser;
  const distinct = new Map(images.map((image) => [hexSha256(image), image]));
  const fingerprint = PictureFingerprint.query(db)
    .where({ analyserVersion })
    .whereColumn('pictureFingerprints.sha256', 'imageAnalyses.sha256');
  const kept = await ImageAnalysis.query(db)
    .whereIn(
      'sha256',
      [...distinct.values()].map(({ sha256 }) => sha256),
    )
    .where({ analyserVersion })
    // What copies are found by goes when a picture is deleted, and has to be made anew for one that comes again.
    .where((complete) => void complete.whereNull('pdq').orWhereExists(fingerprint));
  const analyses = new Map<string, AnalysisRow>(kept.map((analysis) => [hexSha256(analysis), analysis]));

  const missing = [...distinct].filter(([sha256]) => !analyses.has(sha256)).map(([, image]) => image);
  await pMap(
    missing,
    async (image) => {
      if (stop.aborted) return;
      const analysis = await analyseImage(analyser, image);
      analyses.set(hexSha256(image), analysis);
    },
    // One more than there are threads, so that none waits while a result is written.
    { concurrency: pool.threads + 1 },
  );
  return analyses;
}

export const hexSha256 = ({ sha256 }: { sha256: Buffer }) => sha256.toString('hex');

async function analyseImage(analyser: Analyser, image: Image): Promise<AnalysisRow> {
  const { storage, pool, analyserVersion, maxPixels } = analyser;
  const { contentType, sha256 } = image;
  try {
    const analysis = await storage.withLocalFile(image.storageKey, (path) =>
      pool.analyse({ path, contentType, maxPixels }),
    );
    const row = toRow(analysis, sha256, analyserVersion);
    const { fingerprint } = analysis;
    if (analysis.lasting) await keep(analyser.db, row, fingerprint);
    return { ...row, fingerprint };
  } catch (error) {
    if (error instanceof ObjectNotFound) return missingObject(image, analyserVersion);
    throw error;
  }
}

async function keep(db: Knex, row: ReturnType<typeof toRow>, fingerprint: Fingerprint | null): Promise<void> {
  const { sha256, analyserVersion } = row;
  const key = ['sha256', 'analyserVersion'];
  await db.transaction(async (trx) => {
    await ImageAnalysis.query(trx).insert(row).onConflict(key).ignore();
    if (!fingerprint) return;
    const { dihedral, descriptor, evidence } = fingerprint;
    await PictureFingerprint.query(trx)
      .insert({
        sha256,
        analyserVersion,
        dihedral: asBuffer(dihedral),
        descriptor: asBuffer(descriptor),
        evidence: asBuffer(evidence),
      })
      .onConflict(key)
      .ignore();
  });
}

/** The same memory as the database's driver takes it. */
export const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array | Int8Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

function toRow(analysis: Analysis, sha256: Buffer, analyserVersion: string) {
  const { width, height, pdqQuality, detectorScore, provenance, findings, metadataBytes, error } = analysis;
  const pdq = analysis.pdq && asBuffer(analysis.pdq);
  const pixels = { width, height, pdq, pdqQuality, detectorScore };
  return { sha256, analyserVersion, ...pixels, provenance, findings, metadataBytes, error };
}

/** Says nothing about the bytes, so it is not kept. */
function missingObject({ sha256, width, height }: Image, analyserVersion: string): AnalysisRow {
  const error = 'The stored file is missing.';
  const nothing = { pdq: null, pdqQuality: 0, detectorScore: null, provenance: [], metadataBytes: 0 };
  return { ...nothing, sha256, analyserVersion, width, height, findings: ['corrupt'], error };
}
