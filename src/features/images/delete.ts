import type { Knex } from 'knex';
import { Image } from '../../../models/image.js';
import { notFound } from '../../errors.js';
import { enqueue } from '../../queue/job.js';
import { heatMapKey } from './heat-map-key.js';

/**
 * Deletes one image with all that hangs on it; its objects follow once the row is gone for good.
 * @param image.requestId null: a clinical image.
 * @returns what it was.
 * @throws {DomainError} `not_found`.
 */
export async function deleteImage(
  trx: Knex.Transaction,
  { id, requestId }: { id: string; requestId: string | null },
): Promise<Image> {
  const [image] = await Image.query(trx).delete().where({ id, requestId }).returning('*');
  if (!image) throw notFound(requestId === null ? 'Image' : 'Upload');
  const keys = [image.storageKey, image.thumbnailKey, heatMapKey(image.id)].filter((key) => key !== null);
  await enqueue(trx, 'deleteObjects', { keys });
  return image;
}
