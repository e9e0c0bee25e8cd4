import { z } from 'zod';
import type { Image } from '../../../models/image.js';
import type { PictureUrls } from '../images/picture-urls.js';

/** Of the picture that a result is about; null where it is gone. */
export const pictureFields = {
  picture_url: z.url().nullable().meta({ description: 'The picture as uploaded.' }),
  preview_url: z.url().nullable().meta({ description: 'A WebP of at most 512 px; null if none can be made.' }),
  width: z.number().int().nullable(),
  height: z.number().int().nullable(),
  size_bytes: z.number().int().nullable(),
};

export function presentPicture(image: Image | null | undefined, urls: PictureUrls) {
  return {
    picture_url: image ? urls.original(image) : null,
    preview_url: image ? urls.preview(image) : null,
    width: image?.width ?? null,
    height: image?.height ?? null,
    size_bytes: image?.bytes ?? null,
  };
}
