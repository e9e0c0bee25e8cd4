import type { Knex } from 'knex';
import { Image } from '../../../models/image.js';
import { notFound } from '../../errors.js';
import { enqueue } from '../../queue/job.js';

/**
 * Deletes one image of a request with all that hangs on it; its objects follow once the row is gone for good.
 * @throws {DomainError} `not_found`.
 */
export async function deleteUpload(db: Knex, requestId: string, imageId: string): Promise<void> {
  await db.transaction(async (trx) => {
    const [image] = await Image.query(trx).delete().where({ id: imageId, requestId }).returning('*');
    if (!image) throw notFound('Upload');
    const keys = [image.storageKey, image.thumbnailKey].filter((key) => key !== null);
    await enqueue(trx, 'deleteObjects', { keys });
  });
}
