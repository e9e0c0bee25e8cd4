import type { Knex } from 'knex';
import { ForeignKeyViolationError } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Image } from '../../../models/image.js';
import { UploadBatch } from '../../../models/upload-batch.js';
import { notFound } from '../../errors.js';
import { enqueue } from '../../queue/job.js';
import type { ReceivedFile } from './received-files.js';

/** Rows an insert statement carries, and images a thumbnail job is given. */
const CHUNK = 50;

export interface KeptFiles {
  /** How many became images. */
  uploaded: number;
  /** How many were there already, byte for byte. */
  skipped: number;
}

/**
 * Makes images of files that lie in storage under their final keys. Of files with equal bytes in one request one
 * becomes an image, whichever call is first; the objects of the others are deleted. New pictures make a request that
 * was ready or completed new again.
 * @throws {DomainError} `not_found` when the request was deleted meanwhile.
 */
export async function keepReceived(
  trx: Knex.Transaction,
  owner: { requestId: string; ownerId: string },
  files: readonly ReceivedFile[],
): Promise<KeptFiles> {
  if (files.length === 0) return { uploaded: 0, skipped: 0 };
  try {
    const batch = await UploadBatch.query(trx).insert({ id: uuidv7(), ...owner });
    // The ids follow the call's order, the inserts that of the bytes: calls with the same files in different orders
    // would else wait for each other for ever.
    const rows = files.map((file) => toRow({ ...owner, batchId: batch.id }, file));
    rows.sort((a, b) => a.sha256.compare(b.sha256));
    let uploaded = 0;
    for (let start = 0; start < rows.length; start += CHUNK) {
      uploaded += await insertChunk(trx, rows.slice(start, start + CHUNK));
    }
    if (uploaded === 0) await UploadBatch.query(trx).deleteById(batch.id);
    else await reopen(trx, owner.requestId);
    return { uploaded, skipped: files.length - uploaded };
  } catch (error) {
    if (error instanceof ForeignKeyViolationError) throw notFound('Request');
    throw error;
  }
}

/** What was ready, or done, is so no longer with pictures that nobody has looked at. */
async function reopen(trx: Knex.Transaction, requestId: string): Promise<void> {
  await DatasetRequest.query(trx)
    .findById(requestId)
    .whereIn('status', ['ready', 'completed'])
    .patch({ status: 'new' });
}

function toRow(shared: { requestId: string; ownerId: string; batchId: string }, file: ReceivedFile) {
  const { key: storageKey, sha256, ...facts } = file;
  return { ...shared, ...facts, id: uuidv7(), storageKey, sha256: Buffer.from(sha256, 'hex') };
}

async function insertChunk(trx: Knex.Transaction, rows: readonly ReturnType<typeof toRow>[]): Promise<number> {
  // Not through the model: it would hand back the rows it was given, inserted or not.
  const inserted = await trx<Image>(Image.tableName)
    .insert(rows)
    .onConflict(['requestId', 'sha256'])
    .ignore()
    .returning('id');
  const insertedIds = new Set(inserted.map(({ id }) => id));
  const surplus = rows.filter(({ id }) => !insertedIds.has(id)).map(({ storageKey }) => storageKey);

  if (insertedIds.size > 0) await enqueue(trx, 'makeThumbnails', { imageIds: [...insertedIds] });
  if (surplus.length > 0) await enqueue(trx, 'deleteObjects', { keys: surplus });
  return insertedIds.size;
}
