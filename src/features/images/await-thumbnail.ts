import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { Image } from '../../../models/image.js';
import { DomainError, notFound } from '../../errors.js';

const LOOK_EVERY_MS = 250;
const PATIENCE_MS = 10_000;

/** Waits at a time in this process: a page may ask for hundreds of previews at once. */
const MAX_WAITING = 200;
let waiting = 0;

/**
 * The storage key of an image's thumbnail, waited for while it is being made.
 * @throws {DomainError} `not_found` when there is and will be none, `unavailable` when it takes too long.
 */
export async function awaitThumbnail(db: Knex, imageId: string, signal: AbortSignal): Promise<string> {
  if (waiting >= MAX_WAITING) throw notYet();
  waiting += 1;
  try {
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline && !signal.aborted;) {
      const image = await Image.query(db).findById(imageId);
      if (!image || image.thumbnailFailed) throw notFound('Preview');
      if (image.thumbnailKey) return image.thumbnailKey;
      await sleep(LOOK_EVERY_MS);
    }
    throw notYet();
  } finally {
    waiting -= 1;
  }
}

const notYet = () => new DomainError('unavailable', 'This preview is still being made.', undefined, 5);
