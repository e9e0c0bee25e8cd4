import type { Knex } from 'knex';
import { Image } from '../../../models/image.js';
import { ReferenceImage } from '../../../models/reference-image.js';
import { hexSha256 } from './analyse-images.js';
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
  for await (const image of analysedImages(db, ownerId, analyserVersion)) {
    matcher.add({ id: image.id, sha256: hexSha256(image), pdq: image.pdq, quality: image.pdqQuality });
  }
  for await (const { id, pdq, pdqQuality } of referenceImages(db)) {
    matcher.add({ id, sha256: null, pdq, quality: pdqQuality });
  }
  return matcher;
}

interface AnalysedImage {
  id: string;
  sha256: Buffer;
  pdq: Buffer | null;
  pdqQuality: number;
}

async function* analysedImages(db: Knex, ownerId: string, analyserVersion: string): AsyncGenerator<AnalysedImage> {
  for (let after: string | undefined; ;) {
    const query = Image.query(db)
      .join('imageAnalyses', 'imageAnalyses.sha256', 'images.sha256')
      .where({ 'images.ownerId': ownerId, 'imageAnalyses.analyserVersion': analyserVersion })
      .select('images.id', 'images.sha256', 'imageAnalyses.pdq', 'imageAnalyses.pdqQuality')
      .orderBy('images.id')
      .limit(PAGE);
    if (after) void query.where('images.id', '>', after);
    const page = (await query) as unknown as AnalysedImage[];
    yield* page;
    after = page.at(-1)?.id;
    if (page.length < PAGE) return;
  }
}

async function* referenceImages(db: Knex): AsyncGenerator<ReferenceImage> {
  for (let after: string | undefined; ;) {
    const query = ReferenceImage.query(db).orderBy('id').limit(PAGE);
    if (after) void query.where('id', '>', after);
    const page = await query;
    yield* page;
    after = page.at(-1)?.id;
    if (page.length < PAGE) return;
  }
}
