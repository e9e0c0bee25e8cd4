import { Image } from '../../../models/image.js';
import { notFound } from '../../errors.js';
import type { Services } from '../../services.js';
import type { PendingThumbnails } from './pending-thumbnails.js';
import { PICTURE_EXPIRES_IN_SECONDS, type PictureVariant } from './picture-urls.js';

/**
 * The storage's own signed address of a picture; a preview that is still being made is waited for.
 * @param gone Aborted when the caller has its answer or has hung up.
 * @throws {DomainError} `not_found`, or `unavailable` when the preview takes too long.
 */
export async function locatePicture(
  { db, storage, pending }: Pick<Services, 'db' | 'storage'> & { pending: PendingThumbnails },
  { imageId, variant, gone }: { imageId: string; variant: PictureVariant; gone: AbortSignal },
): Promise<string> {
  const image = await Image.query(db).findById(imageId);
  if (!image) throw notFound('Picture');
  const [key, contentType] =
    variant === 'original'
      ? [image.storageKey, image.contentType]
      : [image.thumbnailKey ?? (await pending.keyOf(imageId, gone)), 'image/webp'];
  return storage.signedGetUrl(key, { contentType, expiresInSeconds: PICTURE_EXPIRES_IN_SECONDS });
}
