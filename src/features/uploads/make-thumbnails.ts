import { Readable } from 'node:stream';
import type { Knex } from 'knex';
import pMap from 'p-map';
import { Image } from '../../../models/image.js';
import type { AnalysisPool } from '../../queue/analysis-pool.js';
import { enqueue } from '../../queue/job.js';
import { ObjectNotFound, type Storage } from '../../storage/storage.js';

/** Pixels of the longer side. */
const THUMBNAIL_SIZE = 512;

export interface ThumbnailServices {
  db: Knex;
  storage: Storage;
  pool: Pick<AnalysisPool, 'threads' | 'thumbnail'>;
  maxPixels: number;
}

/**
 * Makes the WebP previews of images that have none yet; a picture that never can be decoded is marked and passed over.
 * On shutdown it puts what is left back into the queue.
 * @throws {AggregateError} once all others are made, where some could not be made now but may be later.
 */
export async function makeThumbnails(
  services: ThumbnailServices,
  imageIds: readonly string[],
  shutdown: AbortSignal,
): Promise<void> {
  const images = await Image.query(services.db)
    .whereIn('id', imageIds)
    .whereNull('thumbnailKey')
    .where('thumbnailFailed', false);
  const left: string[] = [];
  const faults: unknown[] = [];
  await pMap(
    images,
    async (image) => {
      if (shutdown.aborted) left.push(image.id);
      else await makeThumbnail(services, image).catch((fault: unknown) => faults.push(fault));
    },
    { concurrency: services.pool.threads },
  );
  // The job's next try makes what is left, too.
  if (faults.length > 0) throw new AggregateError(faults, `${faults.length} thumbnails failed: ${String(faults[0])}`);
  if (left.length > 0) await enqueue(services.db, 'makeThumbnails', { imageIds: left });
}

async function makeThumbnail({ db, storage, pool, maxPixels }: ThumbnailServices, image: Image): Promise<void> {
  const { contentType } = image;
  const render = (path: string) => pool.thumbnail({ path, contentType, maxPixels, size: THUMBNAIL_SIZE });
  const thumbnail = await storage.withLocalFile(image.storageKey, render).catch((error: unknown) => {
    if (error instanceof ObjectNotFound) return { webp: null, undecodable: error.message, lasting: true };
    throw error;
  });
  if (thumbnail.webp === null) {
    if (!thumbnail.lasting) throw new Error(thumbnail.undecodable);
    await Image.query(db).findById(image.id).patch({ thumbnailFailed: true });
    return;
  }
  const key = `thumbnails/${image.id}.webp`;
  await storage.put(key, Readable.from([thumbnail.webp]), 'image/webp');
  const kept = await Image.query(db).findById(image.id).patch({ thumbnailKey: key });
  if (kept === 0) await storage.delete([key]);
}
