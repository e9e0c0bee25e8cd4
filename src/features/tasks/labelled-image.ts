import { z } from 'zod';
import type { Image } from '../../../models/image.js';
import type { PictureUrls } from '../images/picture-urls.js';

/** An image, and the classes that somebody put on it. */
export const labelledImageSchema = z.object({
  image_id: z.uuid(),
  filename: z.string(),
  url: z.url(),
  preview_url: z.url().nullable(),
  labels: z.array(z.string()),
});

export function presentLabelledImage(
  image: Image,
  labels: string[],
  urls: PictureUrls,
): z.infer<typeof labelledImageSchema> {
  return {
    image_id: image.id,
    filename: image.filename,
    url: urls.original(image),
    preview_url: urls.preview(image),
    labels,
  };
}
