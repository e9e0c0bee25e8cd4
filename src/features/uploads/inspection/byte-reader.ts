import { truncated } from './rejection.js';

/** A step of reading: it yields whenever the bytes at hand are used up, and goes on once more have been fed. */
export type Reading<T> = Generator<undefined, T>;

const NOTHING = Buffer.alloc(0);

/**
 * Reads a file that arrives in chunks as if it lay in memory, holding no more than the chunk at hand.
 * Asking for bytes behind the end of the file rejects it as truncated.
 */
export class ByteReader {
  #chunk: Buffer = NOTHING;
  #position = 0;
  #ended = false;

  /** The next bytes of the file; whoever reads must have yielded before. */
  feed(chunk: Buffer): void {
    this.#chunk = this.#position < this.#chunk.length ? Buffer.concat([this.#unread, chunk]) : chunk;
    this.#position = 0;
  }

  end(): void {
    this.#ended = true;
  }

  /** The next `count` bytes, or as many as the file has left, without consuming them. Meant for small counts. */
  *peek(count: number): Reading<Buffer> {
    while (this.#unread.length < count && !this.#ended) yield;
    return this.#unread.subarray(0, count);
  }

  /** From one up to `most` bytes, whatever is at hand; undefined at the end of the file. */
  *some(most = Infinity): Reading<Buffer | undefined> {
    while (this.#position >= this.#chunk.length) {
      if (this.#ended) return undefined;
      yield;
    }
    const bytes = this.#chunk.subarray(this.#position, Math.min(this.#chunk.length, this.#position + most));
    this.#position += bytes.length;
    return bytes;
  }

  /** Exactly `count` bytes. Meant for small counts. */
  *take(count: number): Reading<Buffer> {
    if (this.#position + count <= this.#chunk.length) {
      this.#position += count;
      return this.#chunk.subarray(this.#position - count, this.#position);
    }
    const bytes = Buffer.alloc(count);
    for (let filled = 0; filled < count;) {
      const part = yield* this.#required(count - filled);
      filled += part.copy(bytes, filled);
    }
    return bytes;
  }

  /** Passes over `count` bytes, showing each piece of them to `see`. */
  *skip(count: number, see?: (piece: Buffer) => void): Reading<void> {
    for (let left = count; left > 0;) {
      const piece = yield* this.#required(left);
      see?.(piece);
      left -= piece.length;
    }
  }

  /** Passes over everything up to and with the next byte of this value. */
  *skipPast(value: number): Reading<void> {
    for (;;) {
      const found = this.#chunk.indexOf(value, this.#position);
      if (found >= 0) {
        this.#position = found + 1;
        return;
      }
      this.#position = this.#chunk.length;
      if (this.#ended) throw truncated();
      yield;
    }
  }

  *#required(most: number): Reading<Buffer> {
    const piece = yield* this.some(most);
    if (!piece) throw truncated();
    return piece;
  }

  get #unread(): Buffer {
    return this.#chunk.subarray(this.#position);
  }
}
