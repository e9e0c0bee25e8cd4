import type { Knex } from 'knex';
import { ForeignKeyViolationError } from 'objection';
import { v7 as uuidv7 } from 'uuid';
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
 * becomes an image, whichever call is first; the objects of the others are deleted.
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
    let uploaded = 0;
    for (let start = 0; start < files.length; start += CHUNK) {
      uploaded += await insertChunk(trx, { ...owner, batchId: batch.id }, files.slice(start, start + CHUNK));
    }
    return { uploaded, skipped: files.length - uploaded };
  } catch (error) {
    if (error instanceof ForeignKeyViolationError) throw notFound('Request');
    throw error;
  }
}

async function insertChunk(
  trx: Knex.Transaction,
  shared: { requestId: string; ownerId: string; batchId: string },
  files: readonly ReceivedFile[],
): Promise<number> {
  const rows = files.map((file) => ({
    ...shared,
    id: uuidv7(),
    filename: file.filename,
    storageKey: file.key,
    etag: file.etag,
    sha256: Buffer.from(file.sha256, 'hex'),
    bytes: file.bytes,
    contentType: file.contentType,
    width: file.width,
    height: file.height,
  }));
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
