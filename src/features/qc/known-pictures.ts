import type { Knex } from 'knex';
import { Image } from '../../../models/image.js';
import type { ImageAnalysis } from '../../../models/image-analysis.js';
import { ReferenceImage } from '../../../models/reference-image.js';
import { hexSha256 } from './analyse-images.js';
import { inPages } from './in-pages.js';
import { Matcher } from './match/matcher.js';

const PAGE = 2000;

/**
 * A matcher that knows every analysed picture a customer has uploaded, whatever the request, and all reference images.
 * Rows are read page by page; what stays in memory is what the matcher keeps of each.
 */
export async function loadKnownPictures(
  db: Knex,
  { ownerId, analyserVersion }: { ownerId: string; analyserVersion: string },
): Promise<Matcher> {
  const matcher = new Matcher();
  const analysedImages = () =>
    Image.query(db)
      .join('imageAnalyses', 'imageAnalyses.sha256', 'images.sha256')
      .where({ 'images.ownerId': ownerId, 'imageAnalyses.analyserVersion': analyserVersion })
      .select('images.id', 'images.sha256', 'imageAnalyses.pdq', 'imageAnalyses.pdqQuality');
  for await (const page of inPages(analysedImages, 'images.id', PAGE)) {
    for (const image of page as (Image & Pick<ImageAnalysis, 'pdq' | 'pdqQuality'>)[]) {
      matcher.add({ id: image.id, sha256: hexSha256(image), pdq: image.pdq, quality: image.pdqQuality });
    }
  }
  for await (const page of inPages(() => ReferenceImage.query(db), 'id', PAGE)) {
    for (const { id, pdq, pdqQuality } of page) matcher.add({ id, sha256: null, pdq, quality: pdqQuality });
  }
  return matcher;
}
