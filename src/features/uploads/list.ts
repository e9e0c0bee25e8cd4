import type { Knex } from 'knex';
import { Image } from '../../../models/image.js';
import { applyCursor } from '../../database/keyset.js';

export interface UploadFilter {
  /** Part of the file name, in any case. */
  q?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** A request's images, newest first: up to `limit + 1` rows, and how many there are in all. */
export async function listUploads(db: Knex, requestId: string, { q, limit, cursor }: UploadFilter) {
  const matching = Image.query(db)
    .where({ requestId })
    .modify((query) => {
      if (q) void query.whereRaw('strpos(lower(filename), lower(?)) > 0', [q.normalize('NFC')]);
    });
  const page = matching.clone().limit(limit + 1);
  applyCursor(page, cursor, 'images.id');
  const [rows, total] = await Promise.all([page, matching.resultSize()]);
  return { rows, total };
}
