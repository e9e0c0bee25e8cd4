import type { Knex } from 'knex';
import { ForeignKeyViolationError } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { UploadBatch } from '../../../models/upload-batch.js';
import { notFound } from '../../errors.js';
import { dropObjects, insertImages, newImages } from './insert-images.js';
import type { ReceivedFile } from './received-files.js';

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
  // Held until the images are there: whoever deletes the request afterwards finds them.
  const present = await DatasetRequest.query(trx).findById(owner.requestId).select('deletedAt').forKeyShare();
  if (!present || present.deletedAt) throw notFound('Request');
  try {
    const batch = await UploadBatch.query(trx).insert({ id: uuidv7(), ...owner });
    const images = newImages({ ...owner, batchId: batch.id, organizationId: null }, files);
    const inserted = await insertImages(trx, images);
    await dropObjects(
      trx,
      images.filter(({ id }) => !inserted.has(id)),
    );
    if (inserted.size === 0) await UploadBatch.query(trx).deleteById(batch.id);
    else await reopen(trx, owner.requestId);
    return { uploaded: inserted.size, skipped: files.length - inserted.size };
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
