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
  pool: Pick<AnalysisPool, 'threads' | 'analyse' | 'lookUp' | 'compareStored'>;
  /** Where pictures are analysed that may take the process along that does it. */
  apart: Pick<AnalysisPool, 'analyse'>;
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

export interface HowToAnalyse {
  /** Looked at between two pictures. */
  stop: AbortSignal;
  /** Whether one of them took a process along. */
  apart: boolean;
  /** Whether a picture that cannot be analysed now is given up, and the others are not. */
  tolerant: boolean;
}

/**
 * The analyses of a bounded number of images, by hex SHA-256: those kept from before, and the others made now on all
 * threads and kept. Once it is stopped it returns what it has.
 */
export async function analyseImages(
  analyser: Analyser,
  images: readonly Image[],
  { stop, apart, tolerant }: HowToAnalyse,
): Promise<Map<string, AnalysisRow>> {
  const { analyserVersion, pool } = analyser;
  const distinct = new Map(images.map((image) => [hexSha256(image), image]));
  const kept = await keptAnalyses(analyser, [...distinct.values()]);
  const failedBefore = new Set(kept.filter(({ findings }) => findings.includes('analysis_failed')).map(hexSha256));
  const analyses = new Map<string, AnalysisRow>(kept.map((analysis) => [hexSha256(analysis), analysis]));
  for (const sha256 of failedBefore) analyses.delete(sha256);

  const missing = [...distinct].filter(([sha256]) => !analyses.has(sha256)).map(([, image]) => image);
  await pMap(
    missing,
    async (image) => {
      if (stop.aborted) return;
      const where = apart || failedBefore.has(hexSha256(image)) ? analyser.apart : pool;
      const analysis = await analyseImage(analyser, where, image).catch((error: unknown) => {
        if (!tolerant) throw error;
        return failedAnalysis(image, analyserVersion);
      });
      analyses.set(hexSha256(image), analysis);
    },
    // One more than there are threads, so that none waits while a result is written.
    { concurrency: pool.threads + 1 },
  );
  return analyses;
}

async function keptAnalyses({ db, analyserVersion }: Analyser, images: readonly Image[]): Promise<ImageAnalysis[]> {
  const fingerprint = PictureFingerprint.query(db)
    .where({ analyserVersion })
    .whereColumn('pictureFingerprints.sha256', 'imageAnalyses.sha256');
  return (
    ImageAnalysis.query(db)
      .whereIn(
        'sha256',
        images.map(({ sha256 }) => sha256),
      )
      .where({ analyserVersion })
      // What copies are found by goes when a picture is deleted, and has to be made anew for one that comes again.
      .where((complete) => void complete.whereNull('pdq').orWhereExists(fingerprint))
  );
}

export const hexSha256 = ({ sha256 }: { sha256: Buffer }) => sha256.toString('hex');

async function analyseImage(
  analyser: Analyser,
  pool: Pick<AnalysisPool, 'analyse'>,
  image: Image,
): Promise<AnalysisRow> {
  const { storage, analyserVersion, maxPixels } = analyser;
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
    await ImageAnalysis.query(trx)
      .insert(row)
      .onConflict(key)
      .merge()
      // Of any other what is kept is the same.
      .whereRaw(`'analysis_failed' = any(image_analyses.findings)`);
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
  const { width, height, pdqQuality, provenance, findings, metadataBytes, error } = analysis;
  const detectorScore = analysis.detectorScore === null ? null : asKept(analysis.detectorScore);
  const pdq = analysis.pdq && asBuffer(analysis.pdq);
  const pixels = { width, height, pdq, pdqQuality, detectorScore };
  return { sha256, analyserVersion, ...pixels, provenance, findings, metadataBytes, error };
}

/** In as many digits as the column gives back, so that a kept analysis leads to the very score that a new one does. */
const asKept = (score: number) => Math.round(score * 1e6) / 1e6;

/** Says nothing about the bytes, so it is not kept. */
function missingObject(image: Image, analyserVersion: string): AnalysisRow {
  return { ...nothingKnown(image, analyserVersion), findings: ['corrupt'], error: 'The stored file is missing.' };
}

/** Of a picture that could not be looked at for reasons that are not known to be its own. */
export function failedAnalysis(image: Image, analyserVersion: string): AnalysisRow {
  const error = 'The picture could not be analysed. Run quality control again.';
  return { ...nothingKnown(image, analyserVersion), findings: ['analysis_failed'], error };
}

function nothingKnown({ sha256, width, height }: Image, analyserVersion: string) {
  const nothing = { pdq: null, pdqQuality: 0, detectorScore: null, provenance: [], metadataBytes: 0 };
  return { ...nothing, sha256, analyserVersion, width, height };
}
