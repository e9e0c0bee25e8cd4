import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { Image } from '../../../models/image.js';
import { enqueue } from '../../queue/job.js';
import { orderDealing } from '../tasks/deal-images.js';
import type { ReceivedFile } from './received-files.js';

/** Rows an insert statement carries, and images a thumbnail job is given. */
const CHUNK = 50;

/** What the images of one call have in common. */
export interface ImageOwnership {
  requestId: string | null;
  batchId: string;
  ownerId: string;
  organizationId: string | null;
}

export type NewImage = ReturnType<typeof toRow>;

/**
 * What is to become images, with ids in the call's order and the rows in that of the bytes: calls with the same files
 * in different orders would else wait for each other for ever.
 */
export function newImages(ownership: ImageOwnership, files: readonly ReceivedFile[]): NewImage[] {
  return files.map((file) => toRow(ownership, file)).sort((a, b) => a.sha256.compare(b.sha256));
}

function toRow(ownership: ImageOwnership, file: ReceivedFile) {
  const { key: storageKey, sha256, ...facts } = file;
  return { ...ownership, ...facts, id: uuidv7(), storageKey, sha256: Buffer.from(sha256, 'hex') };
}

/**
 * Makes images of those that are not there yet, byte for byte, in the same request or among its owner's clinical
 * images: the unique indexes say. Thumbnails follow in the background.
 * @returns the ids of those that became images.
 */
export async function insertImages(trx: Knex.Transaction, images: readonly NewImage[]): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let start = 0; start < images.length; start += CHUNK) {
    // Not through the model: it would hand back the rows it was given, inserted or not.
    const inserted = await trx<Image>(Image.tableName)
      .insert(images.slice(start, start + CHUNK))
      .onConflict()
      .ignore()
      .returning('id');
    const imageIds = inserted.map(({ id }) => id);
    if (imageIds.length > 0) await enqueue(trx, 'makeThumbnails', { imageIds });
    for (const id of imageIds) ids.add(id);
  }
  const requestId = images[0]?.requestId;
  if (requestId && ids.size > 0) await orderDealing(trx, requestId);
  return ids;
}

/** Deletes the objects of files that became no image, once the transaction has come to a good end. */
export async function dropObjects(trx: Knex.Transaction, images: readonly NewImage[]): Promise<void> {
  const keys = images.map(({ storageKey }) => storageKey);
  if (keys.length > 0) await enqueue(trx, 'deleteObjects', { keys });
}
