import type { Knex } from 'knex';
import { Image } from '../../../models/image.js';
import { applyCursor } from '../../database/keyset.js';
import type { Actor } from '../auth/actor.js';
import { onlyVisible } from './find.js';

/** The clinical images the actor may see, newest first: up to `limit + 1` rows, and how many there are in all. */
export async function listClinicalImages(
  db: Knex,
  actor: Actor,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  const visible = onlyVisible(Image.query(db), actor);
  const page = visible.clone().limit(limit + 1);
  applyCursor(page, cursor, 'images.id');
  const [rows, total] = await Promise.all([page, visible.resultSize()]);
  return { rows, total };
}
