import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '../../errors.js';

const LOOK_EVERY_MS = 250;
/** How long a file is waited for at most. */
export const LONGEST_WAIT_MS = 10_000;
const MAX_IMAGES = 200;

interface Watch {
  key: Promise<string>;
  waiters: number;
  /** Aborted when nobody waits any longer. */
  end: AbortController;
}

export interface PendingFilesOptions {
  /** What is waited for, in the words of the refusal. */
  what: string;
  /** The storage key once the file is made, null until then; throws when there is and will be none. */
  look: (imageId: string) => Promise<string | null>;
  /** Has the file made that was looked for in vain. Absent where it is being made anyway. */
  order?: (imageId: string) => Promise<void>;
  /** Images watched at a time, in this process. */
  maxImages?: number | undefined;
}

/** Waits for files that are being made of images: however many ask for one, it is looked for once. */
export class PendingFiles {
  readonly #options: PendingFilesOptions;
  readonly #watches = new Map<string, Watch>();

  constructor(options: PendingFilesOptions) {
    this.#options = options;
  }

  /**
   * The storage key of an image's file once it is made.
   * @param gone Aborted when the caller no longer needs it, at the latest when it has its answer.
   * @param waitMs How long he waits.
   * @throws {DomainError} what `look` throws, and `unavailable` when it takes longer.
   */
  async keyOf(imageId: string, gone: AbortSignal, waitMs = LONGEST_WAIT_MS): Promise<string> {
    const refuse = () => this.#refuse();
    const watch = this.#watches.get(imageId) ?? this.#begin(imageId);
    watch.waiters += 1;
    try {
      const patience = sleep(waitMs, undefined, { signal: gone, ref: false });
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
    if (this.#watches.size >= (this.#options.maxImages ?? MAX_IMAGES)) this.#refuse();
    const end = new AbortController();
    const watch = { key: this.#watch(imageId, end.signal), waiters: 0, end };
    this.#watches.set(imageId, watch);
    return watch;
  }

  async #watch(imageId: string, ended: AbortSignal): Promise<string> {
    const { look, order } = this.#options;
    for (let ordered = false; ; ordered = true) {
      const key = await look(imageId);
      if (key !== null) return key;
      if (!ordered) await order?.(imageId);
      await sleep(LOOK_EVERY_MS, undefined, { signal: ended });
    }
  }

  #refuse(): never {
    throw new DomainError('unavailable', `This ${this.#options.what} is still being made.`, undefined, 5);
  }
}
