import type { Knex } from 'knex';
import { ReferenceImage } from '../../../models/reference-image.js';
import { applyCursor } from '../../database/keyset.js';

export interface ReferenceFilter {
  /** Part of the address, in any case. */
  q?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** References, newest first: up to `limit + 1` rows, and how many there are in all. */
export async function listReferences(db: Knex, { q, limit, cursor }: ReferenceFilter) {
  const matching = ReferenceImage.query(db).modify((query) => {
    if (q) void query.whereRaw('strpos(lower(source_url), lower(?)) > 0', [q]);
  });
  const page = matching.clone().limit(limit + 1);
  applyCursor(page, cursor, 'reference_images.id');
  const [rows, total] = await Promise.all([page, matching.resultSize()]);
  return { rows, total };
}
