import { basename, resolve } from 'node:path';
import type { Knex } from 'knex';
import pMap from 'p-map';
import { PictureFingerprint } from '../../../../models/picture-fingerprint.js';
import { ReferenceImage } from '../../../../models/reference-image.js';
import type { Fingerprint } from '../../../../workers/fingerprint.js';
import type { UploadLimits } from '../../../config.js';
import type { AnalysisPool } from '../../../queue/analysis-pool.js';
import { asBuffer } from '../../qc/analyse-images.js';
import { insertReferences } from '../add.js';
import type { Fault } from './entry.js';
import { filesBelow, type FoundPicture, inspectFile } from './read-folder.js';

export interface FolderImport {
  db: Knex;
  pool: AnalysisPool;
  analyserVersion: string;
  limits: UploadLimits;
  /** What the addresses of the pictures start with. */
  baseUrl: string | undefined;
}

export interface Outcome {
  added: number;
  /** Known before. */
  skipped: number;
  faults: Fault[];
}

const CHUNK = 64;

/** Imports the pictures below a folder chunk by chunk; what an earlier import has done is not done again. */
export async function* importFolder(ground: FolderImport, folder: string): AsyncGenerator<Outcome> {
  let chunk: { path: string; name: string }[] = [];
  for await (const file of filesBelow(folder)) {
    chunk.push(file);
    if (chunk.length < CHUNK) continue;
    yield await importChunk(ground, folder, chunk);
    chunk = [];
  }
  if (chunk.length > 0) yield await importChunk(ground, folder, chunk);
}

async function importChunk(
  ground: FolderImport,
  folder: string,
  files: readonly { path: string; name: string }[],
): Promise<Outcome> {
  const { db, pool, analyserVersion, limits } = ground;
  const concurrency = pool.threads + 1;
  const inspected = await pMap(files, (file) => inspectFile(file, limits), { concurrency });
  const faults = inspected.filter((found) => 'message' in found);
  const pictures = inspected
    .filter((found) => 'path' in found)
    .map((picture) => ({ ...picture, sourceUrl: addressOf(ground, folder, picture.name) }));
  const unknown = await withoutKnown(db, analyserVersion, pictures);

  const looked = await pMap(unknown, (picture) => look(ground, picture), { concurrency });
  const good = looked.filter((found) => 'fingerprint' in found);
  const added = await keep(ground, good);
  const failed = looked.filter((found) => 'message' in found);
  return { added, skipped: pictures.length - added - failed.length, faults: [...faults, ...failed] };
}

/** Where no address is given the picture's place stands for it: it names the source, though no browser opens it. */
function addressOf({ baseUrl }: FolderImport, folder: string, name: string): string {
  const path = name.split('/').map(encodeURIComponent).join('/');
  if (baseUrl === undefined) return `urn:reference:${encodeURIComponent(basename(resolve(folder)))}/${path}`;
  return `${baseUrl.replace(/\/+$/, '')}/${path}`;
}

type Addressed = FoundPicture & { sourceUrl: string };

async function withoutKnown(db: Knex, analyserVersion: string, pictures: Addressed[]): Promise<Addressed[]> {
  const rows = await ReferenceImage.query(db)
    .where({ analyserVersion })
    .whereIn(
      'sha256',
      pictures.map(({ sha256 }) => sha256),
    )
    .select('sha256', 'sourceUrl');
  const known = new Set(rows.map(({ sha256, sourceUrl }) => `${sha256?.toString('hex') ?? ''} ${sourceUrl}`));
  return pictures.filter(({ sha256, sourceUrl }) => !known.has(`${sha256.toString('hex')} ${sourceUrl}`));
}

async function look(
  { pool, limits }: FolderImport,
  picture: Addressed,
): Promise<(Addressed & { fingerprint: Fingerprint }) | Fault> {
  const { path, contentType } = picture;
  const answer = await pool.fingerprint({ path, contentType, maxPixels: limits.maxImagePixels });
  if (!answer.fingerprint) return { at: picture.name, message: answer.undecodable };
  return { ...picture, fingerprint: answer.fingerprint };
}

async function keep(
  { db, analyserVersion }: FolderImport,
  pictures: readonly (Addressed & { fingerprint: Fingerprint })[],
): Promise<number> {
  if (pictures.length === 0) return 0;
  const rows = pictures.map(({ sha256, fingerprint: { dihedral, descriptor, evidence } }) => ({
    sha256,
    analyserVersion,
    dihedral: asBuffer(dihedral),
    descriptor: asBuffer(descriptor),
    evidence: asBuffer(evidence),
  }));
  // First, so that whoever finds the reference finds what to compare it by.
  await db(PictureFingerprint.tableName).insert(rows).onConflict().ignore();
  return insertReferences(
    db,
    pictures.map(({ sha256, sourceUrl, fingerprint: { pdq, quality, descriptor } }) => ({
      sourceUrl,
      pdq: asBuffer(pdq),
      pdqQuality: quality,
      looked: { sha256, analyserVersion, descriptor: asBuffer(descriptor) },
    })),
  );
}
