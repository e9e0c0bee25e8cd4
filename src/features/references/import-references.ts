import { extname } from 'node:path';
import type { Knex } from 'knex';
import { readAnalyserVersion } from '../../../workers/analyser-version.js';
import type { Config } from '../../config.js';
import { invalid } from '../../errors.js';
import { AnalysisPool } from '../../queue/analysis-pool.js';
import { insertReferences } from './add.js';
import type { Fault, ListedReference } from './import/entry.js';
import { importFolder, type Outcome } from './import/import-folder.js';
import { readCsv } from './import/read-csv.js';
import { isFolder } from './import/read-folder.js';
import { readJsonl } from './import/read-jsonl.js';

export interface ImportOptions {
  /** For a folder: what the addresses of its pictures start with. */
  baseUrl?: string | undefined;
  /** Told after each batch that is committed. */
  onProgress?: ((soFar: ImportSummary) => void) | undefined;
  /** Ends the import between two batches. */
  signal?: AbortSignal | undefined;
}

export interface ImportSummary {
  added: number;
  /** Known before. */
  skipped: number;
  /** Lines or files that are no references. */
  faulty: number;
  /** The first of them, and why. */
  faults: Fault[];
}

const BATCH = 5000;
const FAULTS_SHOWN = 20;

/**
 * Makes everything in a source known: a `.jsonl` or `.csv` list of PDQ hashes and addresses, or a folder of pictures.
 * The source is streamed and committed batch by batch. An import that was interrupted is begun anew and passes over
 * what is there; what is faulty is told and costs the rest nothing.
 * @throws {DomainError} `invalid` naming `source` where there is none, or none of a known kind.
 */
export async function importReferences(
  services: Ground,
  source: string,
  { baseUrl, onProgress, signal }: ImportOptions = {},
): Promise<ImportSummary> {
  const summary: ImportSummary = { added: 0, skipped: 0, faulty: 0, faults: [] };
  for await (const { added, skipped, faults } of await openSource(services, source, baseUrl)) {
    summary.added += added;
    summary.skipped += skipped;
    summary.faulty += faults.length;
    summary.faults.push(...faults.slice(0, FAULTS_SHOWN - summary.faults.length));
    onProgress?.(summary);
    if (signal?.aborted) break;
  }
  return summary;
}

interface Ground {
  db: Knex;
  config: Config;
}

async function openSource(services: Ground, source: string, baseUrl?: string): Promise<AsyncGenerator<Outcome>> {
  const folder = await isFolder(source).catch((error: unknown) => {
    throw invalid('source', `${source} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown fault'}.`);
  });
  if (folder) return importPictures(services, source, baseUrl);
  const extension = extname(source).toLowerCase();
  if (extension === '.csv') return importList(services, readCsv(source));
  if (['.jsonl', '.ndjson'].includes(extension)) return importList(services, readJsonl(source));
  throw invalid('source', `${source} is neither a folder nor a .jsonl or .csv file.`);
}

async function* importPictures({ db, config }: Ground, folder: string, baseUrl?: string): AsyncGenerator<Outcome> {
  const { workerThreads: threads, detectorFolder, pictureDeadlineSeconds: deadlineSeconds, limits } = config;
  const analyserVersion = await readAnalyserVersion(detectorFolder);
  const pool = new AnalysisPool({ threads, detectorFolder, deadlineSeconds });
  try {
    yield* importFolder({ db, pool, analyserVersion, limits, baseUrl }, folder);
  } finally {
    await pool.close();
  }
}

/** While one batch is written the next is read. */
async function* importList({ db }: Ground, entries: AsyncIterable<ListedReference | Fault>): AsyncGenerator<Outcome> {
  let writing: Promise<Outcome> | null = null;
  let batch: (ListedReference | Fault)[] = [];
  for await (const entry of entries) {
    batch.push(entry);
    if (batch.length < BATCH) continue;
    if (writing) yield await writing;
    writing = write(db, batch);
    // Heard of when its turn comes.
    writing.catch(() => undefined);
    batch = [];
  }
  if (writing) yield await writing;
  if (batch.length > 0) yield await write(db, batch);
}

async function write(db: Knex, batch: readonly (ListedReference | Fault)[]): Promise<Outcome> {
  const references = batch.filter((entry) => 'pdq' in entry);
  const added = await insertReferences(db, references);
  return { added, skipped: references.length - added, faults: batch.filter((entry) => 'message' in entry) };
}
