import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { Image } from '../../../models/image.js';
import { DomainError, notFound } from '../../errors.js';

const LOOK_EVERY_MS = 250;
const PATIENCE_MS = 10_000;
const MAX_IMAGES = 200;

interface Watch {
  key: Promise<string>;
  waiters: number;
  /** Aborted when nobody waits any longer. */
  end: AbortController;
}

/** Waits for thumbnails that are being made: however many ask for one, the database is asked once. */
export class PendingThumbnails {
  readonly #db: Knex;
  readonly #maxImages: number;
  readonly #watches = new Map<string, Watch>();

  /** @param options.maxImages Images watched at a time, in this process. */
  constructor(db: Knex, { maxImages = MAX_IMAGES }: { maxImages?: number } = {}) {
    this.#db = db;
    this.#maxImages = maxImages;
  }

  /**
   * The storage key of an image's thumbnail once it is made.
   * @param gone Aborted when the caller no longer needs it, at the latest when it has its answer.
   * @throws {DomainError} `not_found` when there is and will be none, `unavailable` when it takes too long.
   */
  async keyOf(imageId: string, gone: AbortSignal): Promise<string> {
    const watch = this.#watches.get(imageId) ?? this.#begin(imageId);
    watch.waiters += 1;
    try {
      const patience = sleep(PATIENCE_MS, undefined, { signal: gone, ref: false });
      return await Promise.race([watch.key, patience.then(refuse, refuse)]);
    } finally {
      watch.waiters -= 1;
      if (watch.waiters === 0) {
        this.#watches.delete(imageId);
        watch.end.abort();
      }
    }
  }

  #begin(imageId: string): Watch {
    if (this.#watches.size >= this.#maxImages) refuse();
    const end = new AbortController();
    const watch = { key: this.#watch(imageId, end.signal), waiters: 0, end };
    this.#watches.set(imageId, watch);
    return watch;
  }

  async #watch(imageId: string, ended: AbortSignal): Promise<string> {
    for (;;) {
      const image = await Image.query(this.#db).findById(imageId);
      if (!image || image.thumbnailFailed) throw notFound('Preview');
      if (image.thumbnailKey) return image.thumbnailKey;
      await sleep(LOOK_EVERY_MS, undefined, { signal: ended });
    }
  }
}

function refuse(): never {
  throw new DomainError('unavailable', 'This preview is still being made.', undefined, 5);
}
