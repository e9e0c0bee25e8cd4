import type { Knex } from 'knex';
import { Image } from '../../../models/image.js';
import type { ImageAnalysis } from '../../../models/image-analysis.js';
import { ReferenceImage } from '../../../models/reference-image.js';
import { hexSha256 } from './analyse-images.js';
import { inPages } from './in-pages.js';
import type { Matcher } from './match/matcher.js';

const PAGE = 2000;

/**
 * Adds to a matcher every analysed picture a customer has uploaded to a request, whichever, and all reference images;
 * those it knows already it passes over. Rows are read page by page.
 */
export async function learnKnownPictures(
  db: Knex,
  matcher: Matcher,
  { ownerId, analyserVersion }: { ownerId: string; analyserVersion: string },
): Promise<void> {
  const analysedImages = () =>
    Image.query(db)
      .join('imageAnalyses', 'imageAnalyses.sha256', 'images.sha256')
      .whereNotNull('images.requestId')
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
}
