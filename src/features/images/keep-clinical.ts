import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { Image } from '../../../models/image.js';
import { UploadBatch } from '../../../models/upload-batch.js';
import { User } from '../../../models/user.js';
import { confirmActive } from '../auth/confirm-caller.js';
import { dropObjects, insertImages, newImages, type NewImage } from '../uploads/insert-images.js';
import type { ReceivedFile } from '../uploads/received-files.js';

/** An image deleted while its file comes again is made anew; for ever is nobody deleting. */
const TRIES = 5;

export interface KeptClinicalImages {
  batchId: string;
  /** One for each picture of the call, in its order; of files with equal bytes one. */
  images: Image[];
  /** How many of the files brought nothing new. */
  repeated: number;
}

/**
 * Makes clinical images of files that lie in storage under their final keys. A file the user has sent before, in this
 * call or another, stands for the image that is there already; its object is deleted.
 * @throws {DomainError} `unauthenticated` when he was put out or deleted meanwhile.
 */
export async function keepClinical(
  trx: Knex.Transaction,
  ownerId: string,
  files: readonly ReceivedFile[],
): Promise<KeptClinicalImages> {
  // Held, so that nobody moves him into another organization past the images that are being made.
  const owner = await User.query(trx).findById(ownerId).select('organizationId', 'isActive').forShare();
  confirmActive(owner);
  const batch = await UploadBatch.query(trx).insert({ id: uuidv7(), requestId: null, ownerId });
  const { organizationId } = owner;
  const wanted = newImages({ requestId: null, batchId: batch.id, ownerId, organizationId }, files);

  const byContent = await findOrMake(trx, ownerId, wanted);
  const images = [...new Set(files.map(({ sha256 }) => byContent.get(sha256)))].filter((image) => image !== undefined);
  const surplus = wanted.filter((image) => byContent.get(hexOf(image))?.id !== image.id);
  await dropObjects(trx, surplus);
  await trx('clinicalBatchImages').insert(images.map(({ id: imageId }) => ({ batchId: batch.id, imageId })));
  return { batchId: batch.id, images, repeated: surplus.length };
}

const hexOf = ({ sha256 }: { sha256: Buffer }) => sha256.toString('hex');

/** The user's image for each content, by its SHA-256 in hex: the one that was there, or one of `wanted`. */
async function findOrMake(
  trx: Knex.Transaction,
  ownerId: string,
  wanted: readonly NewImage[],
): Promise<Map<string, Image>> {
  const found = new Map<string, Image>();
  for (let tries = 0; tries < TRIES; tries += 1) {
    const missing = wanted.filter((image) => !found.has(hexOf(image)));
    if (missing.length === 0) return found;
    await insertImages(trx, missing);
    // Held, since one that was there may be being deleted.
    const there = await Image.query(trx)
      .where({ ownerId, requestId: null })
      .whereIn('sha256', [...new Set(missing.map(({ sha256 }) => sha256))])
      .orderBy('sha256')
      .forShare();
    for (const image of there) found.set(hexOf(image), image);
  }
  throw new Error('The images of an upload were deleted again and again while it was kept');
}
