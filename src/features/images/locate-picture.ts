import { DatasetRequest } from '../../../models/dataset-request.js';
import { Image } from '../../../models/image.js';
import { notFound } from '../../errors.js';
import type { Services } from '../../services.js';
import type { PendingHeatMaps } from './pending-heat-maps.js';
import type { PendingThumbnails } from './pending-thumbnails.js';
import { PICTURE_EXPIRES_IN_SECONDS, type PictureVariant } from './picture-urls.js';

interface WantedPicture {
  imageId: string;
  variant: PictureVariant;
  gone: AbortSignal;
  waitMs: number;
}

/**
 * The storage's own signed address of a picture; a preview or a heat map that is still being made is waited for.
 * @param wanted.gone Aborted when the caller has its answer or has hung up.
 * @param wanted.waitMs How long he waits.
 * @throws {DomainError} `not_found`, or `unavailable` when it takes too long.
 */
export async function locatePicture(
  {
    db,
    storage,
    pending,
    pendingHeatMaps,
  }: Pick<Services, 'db' | 'storage'> & {
    pending: PendingThumbnails;
    pendingHeatMaps: PendingHeatMaps;
  },
  { imageId, variant, gone, waitMs }: WantedPicture,
): Promise<string> {
  // The pictures of a deleted request go in the background; their addresses are good for nothing at once.
  const deleted = DatasetRequest.query(db).whereColumn('requests.id', 'images.requestId').whereNotNull('deletedAt');
  const image = await Image.query(db).findById(imageId).whereNotExists(deleted);
  if (!image) throw notFound('Picture');
  const key = {
    original: () => image.storageKey,
    preview: () => image.thumbnailKey ?? pending.keyOf(imageId, gone, waitMs),
    'ai-heatmap': () => pendingHeatMaps.keyOf(imageId, gone, waitMs),
  };
  const contentType = variant === 'original' ? image.contentType : 'image/webp';
  return storage.signedGetUrl(await key[variant](), { contentType, expiresInSeconds: PICTURE_EXPIRES_IN_SECONDS });
}
