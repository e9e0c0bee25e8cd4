import { z } from 'zod';
import type { Image } from '../../../models/image.js';
import type { PictureUrls } from './picture-urls.js';

export const imageSchema = z.object({
  id: z.uuid(),
  url: z.url().meta({ description: 'The picture as uploaded, shown without credentials until the address expires.' }),
  preview_url: z.url().nullable().meta({ description: 'A WebP of at most 512 px; null if none can be made.' }),
  filename: z.string(),
  content_type: z.enum(['image/jpeg', 'image/png', 'image/webp']),
  size_bytes: z.number().int(),
  width: z.number().int(),
  height: z.number().int(),
  owner_id: z.uuid(),
  upload_batch_id: z.uuid().meta({ description: 'Of the call that brought it first.' }),
  created_at: z.iso.datetime(),
});

export function presentImage(image: Image, urls: PictureUrls): z.infer<typeof imageSchema> {
  return {
    id: image.id,
    url: urls.original(image),
    preview_url: urls.preview(image),
    filename: image.filename,
    content_type: image.contentType,
    size_bytes: image.bytes,
    width: image.width,
    height: image.height,
    owner_id: image.ownerId,
    upload_batch_id: image.batchId,
    created_at: image.createdAt.toISOString(),
  };
}
