import { Readable } from 'node:stream';
import type { Knex } from 'knex';
import pMap from 'p-map';
import { Image } from '../../../models/image.js';
import type { AnalysisPool } from '../../queue/analysis-pool.js';
import { ObjectNotFound, type Storage } from '../../storage/storage.js';

/** Pixels of the longer side. */
const THUMBNAIL_SIZE = 512;

export interface ThumbnailServices {
  db: Knex;
  storage: Storage;
  pool: AnalysisPool;
  maxPixels: number;
}

/** Makes the WebP previews of images that have none yet; a picture that cannot be decoded is marked and passed over. */
export async function makeThumbnails(services: ThumbnailServices, imageIds: readonly string[]): Promise<void> {
  const images = await Image.query(services.db)
    .whereIn('id', imageIds)
    .whereNull('thumbnailKey')
    .where('thumbnailFailed', false);
  await pMap(images, (image) => makeThumbnail(services, image), { concurrency: services.pool.threads });
}

async function makeThumbnail({ db, storage, pool, maxPixels }: ThumbnailServices, image: Image): Promise<void> {
  const { contentType } = image;
  const render = (path: string) =>
    pool.thumbnail({ path, contentType, maxPixels, size: THUMBNAIL_SIZE }).catch(() => null);
  const thumbnail = await storage.withLocalFile(image.storageKey, render).catch((error: unknown) => {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  });
  if (thumbnail === null) {
    await Image.query(db).findById(image.id).patch({ thumbnailFailed: true });
    return;
  }
  const key = `thumbnails/${image.id}.webp`;
  await storage.put(key, Readable.from([thumbnail]), 'image/webp');
  const kept = await Image.query(db).findById(image.id).patch({ thumbnailKey: key });
  if (kept === 0) await storage.delete([key]);
}
