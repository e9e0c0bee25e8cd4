import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import { Image } from '../../../models/image.js';
import { ImageAnalysis } from '../../../models/image-analysis.js';
import { PictureHash } from '../../../models/picture-hash.js';
import { OF_OWNER } from './match/of-owner.js';

/** What a customer uploaded, in whatever request, that no run of any version has made known yet. */
export function notLookedAt(
  db: Knex,
  { ownerId, analyserVersion }: { ownerId: string; analyserVersion: string },
): QueryBuilder<Image> {
  const known = PictureHash.query(db)
    .whereColumn('pictureHashes.sha256', 'images.sha256')
    .whereRaw(OF_OWNER, { ownerId });
  const undecodable = ImageAnalysis.query(db)
    .where({ analyserVersion, pdq: null })
    .whereColumn('imageAnalyses.sha256', 'images.sha256');
  return Image.query(db)
    .where('images.ownerId', ownerId)
    .whereNotNull('images.requestId')
    .whereNotExists(known)
    .whereNotExists(undecodable);
}
