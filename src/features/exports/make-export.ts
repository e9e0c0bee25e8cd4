import { Readable } from 'node:stream';
import type { Knex } from 'knex';
import { raw } from 'objection';
import { activeExportStatuses, DatasetExport, type ExportFormat } from '../../../models/dataset-export.js';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { DomainError } from '../../errors.js';
import type { AnalysisPool } from '../../queue/analysis-pool.js';
import { enqueue, type JobContext } from '../../queue/job.js';
import type { Storage } from '../../storage/storage.js';
import { readSettings } from '../settings/settings.js';
import { exportJobKey } from './create.js';
import { ExportNotWanted, ExportProgress } from './export-progress.js';
import type { ExportSource, ExportWriter } from './export-source.js';
import { countExported, exportedImages } from './exported-images.js';
import { fileKinds } from './format.js';
import { qcOverview } from './qc-overview.js';
import { writeCoco } from './write-coco.js';
import { writeCsv } from './write-csv.js';
import { writeHuggingFace } from './write-hugging-face.js';
import { writeImageFolder } from './write-image-folder.js';
import { writeJsonLines } from './write-json-lines.js';
import { writeQcCsv } from './write-qc-csv.js';
import { writeQcHtml } from './write-qc-html.js';

export interface ExportServices {
  db: Knex;
  storage: Storage;
  pool: Pick<AnalysisPool, 'thumbnail'>;
  maxPixels: number;
}

const writers: Record<ExportFormat, ExportWriter> = {
  jsonl: writeJsonLines,
  csv: writeCsv,
  coco: writeCoco,
  imagefolder: writeImageFolder,
  huggingface: writeHuggingFace,
  qc_csv: writeQcCsv,
  qc_html: writeQcHtml,
};

/**
 * Writes one export into storage as it is read from the database, so that one of any size takes the memory of a page of
 * images. Storage shows it once it is whole: one that was interrupted begins anew, and nobody sees half of it. One that
 * is complete is not made again.
 */
export async function makeExport(
  services: ExportServices,
  { exportId }: { exportId: string },
  job: JobContext,
): Promise<void> {
  const { db, storage } = services;
  const order = await beginExport(db, exportId);
  if (!order) return;
  const progress = new ExportProgress(db, { exportId, shutdown: job.shutdown });
  const { contentType, extension } = fileKinds[order.format];
  // Made anew, it lies there again: nothing is left over of a try that nobody heard of again.
  const storageKey = `exports/${order.id}.${extension}`;
  try {
    const source = await sourceOf(services, order, progress);
    const body = Readable.from(writers[order.format](source), { objectMode: false });
    const { bytes } = await storage.put(storageKey, body, contentType);
    await completeExport(db, order, { ...progress.counts, storageKey, bytes });
  } catch (error) {
    if (error instanceof ExportNotWanted) return;
    if (job.shutdown.aborted) return putBack(db, exportId);
    if (job.attempt >= job.maxAttempts) await failExport(db, exportId, error);
    throw error;
  }
}

/** Undefined when it has ended or was deleted. */
async function beginExport(db: Knex, exportId: string): Promise<DatasetExport | undefined> {
  const found = await DatasetExport.query(db).findById(exportId);
  if (!found) return undefined;
  const [begun] = await active(db, exportId)
    .patch({
      status: 'running',
      startedAt: raw('coalesce(started_at, now())'),
      imagesTotal: await countExported(db, found.requestId, found),
      imagesDone: 0,
      imagesMissing: 0,
    })
    .returning('*');
  return begun;
}

const active = (db: Knex, id: string) =>
  DatasetExport.query(db)
    .where({ id })
    .whereIn('status', [...activeExportStatuses]);

async function sourceOf(
  { db, storage, pool, maxPixels }: ExportServices,
  order: DatasetExport,
  progress: ExportProgress,
): Promise<ExportSource> {
  const request = await DatasetRequest.query(db).findById(order.requestId).throwIfNotFound();
  const thresholds = await readSettings(db);
  return {
    order,
    request,
    thresholds,
    pages: () => exportedImages(db, request, order),
    overview: () => qcOverview(db, { request, thresholds, includeRejected: order.includeRejected }),
    progress,
    storage,
    pool,
    maxPixels,
  };
}

async function completeExport(
  db: Knex,
  order: DatasetExport,
  file: { storageKey: string; bytes: number; imagesDone: number; imagesMissing: number },
): Promise<void> {
  const completed = await active(db, order.id).patch({ ...file, status: 'completed', completedAt: raw('now()') });
  if (completed === 1) return;
  // Deleted meanwhile; or completed by a process that took this one for dead, under the same key.
  const kept = await DatasetExport.query(db).findById(order.id);
  if (kept?.storageKey !== file.storageKey) await enqueue(db, 'deleteObjects', { keys: [file.storageKey] });
}

function putBack(db: Knex, exportId: string): Promise<void> {
  return db.transaction(async (trx) => {
    const waiting = await active(trx, exportId).patch({ status: 'queued' });
    if (waiting === 1) await enqueue(trx, 'makeExport', { exportId }, exportJobKey(exportId));
  });
}

async function failExport(db: Knex, exportId: string, error: unknown): Promise<void> {
  const reason = error instanceof DomainError ? error.message : 'The export failed on our side. Order it again.';
  await active(db, exportId).patch({ status: 'failed', error: reason, completedAt: raw('now()') });
}
