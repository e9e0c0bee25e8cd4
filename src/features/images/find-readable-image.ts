import type { Knex } from 'knex';
import { Image } from '../../../models/image.js';
import { notFound } from '../../errors.js';
import type { Actor } from '../auth/actor.js';
import { readableAmong } from '../requests/find.js';

/** An image of a request that the actor may read. @throws {DomainError} `not_found`. */
export async function findReadableImage(db: Knex, actor: Actor, id: string): Promise<Image> {
  const image = await Image.query(db).findById(id);
  if (!image?.requestId) throw notFound('Image');
  const readable = await readableAmong(db, actor, [image.requestId]);
  if (!readable.has(image.requestId)) throw notFound('Image');
  return image;
}
