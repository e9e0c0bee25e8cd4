import { randomInt } from 'node:crypto';
import { MOST_KEYS, POSE_BITS, type LocalKeys } from './local-keys.js';

/** Pictures in a block. */
export const BLOCK = 2048;
const PAGE = 65_536;
const PICTURE_BITS = 11;
/** Bits of a key that choose its bucket; the rest, the pose and the picture share a word. */
const BUCKET_BITS = 18;
const BUCKETS = 1 << BUCKET_BITS;
const REST_MASK = (1 << (32 - BUCKET_BITS)) - 1;
const TAIL_BITS = PICTURE_BITS + POSE_BITS;
const BLOCK_KEYS = BLOCK * MOST_KEYS;
/** In words of 32 bits: bucket ends, then postings. */
const BLOCK_WORDS = BUCKETS + BLOCK_KEYS;
/** Keys of a block that is still filling, then their poses, a byte each. */
const OPEN_WORDS = BLOCK_KEYS + BLOCK_KEYS / 4;
const OPEN_START = PAGE / 4;
const BLOCKS_START = OPEN_START + 2 * OPEN_WORDS;
const SIZE = 0;
const IDENTITY = 1;
const CAPACITY = 2;
/** Stands where a picture has fewer keys. */
const NO_KEY = 0;
const FILTER = 1 << 16;

/** A key that a picture of a block shares with the query: called once for each. */
export type OnHit = (picture: number, pose: number) => void;

/**
 * Memory of local keys that threads share: blocks of 2,048 pictures with their keys sorted into buckets, and the block
 * that is filling, in two areas that take turns, so that a reader who saw the one before is not disturbed.
 */
export class LocalBlocks {
  readonly memory: WebAssembly.Memory;
  #words: Uint32Array;

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.#words = new Uint32Array(memory.buffer);
  }

  /** @throws {RangeError} beyond about 3 million pictures. */
  static allocate(capacity: number): WebAssembly.Memory {
    const pages = Math.ceil(((BLOCKS_START + Math.ceil(capacity / BLOCK) * BLOCK_WORDS) * 4) / PAGE);
    if (pages > 65_536)
      throw new RangeError(`A memory of 4 GiB cannot hold the local features of ${capacity} pictures`);
    const initial = Math.ceil((BLOCKS_START * 4) / PAGE);
    const memory = new WebAssembly.Memory({ initial, maximum: Math.max(initial, pages), shared: true });
    const words = new Uint32Array(memory.buffer);
    words[IDENTITY] = randomInt(1, 2 ** 31);
    words[CAPACITY] = capacity;
    return memory;
  }

  /** The same for every handle on one memory: each message to a thread makes a new one. */
  static identityOf(memory: WebAssembly.Memory): number {
    return new Uint32Array(memory.buffer)[IDENTITY]!;
  }

  get size(): number {
    return Atomics.load(this.#words, SIZE);
  }

  get capacity(): number {
    return this.#words[CAPACITY]!;
  }

  append({ keys, poses }: LocalKeys): void {
    const position = this.size;
    const block = Math.floor(position / BLOCK);
    const { keys: openKeys, poses: openPoses } = this.#openArea(block);
    const start = (position % BLOCK) * MOST_KEYS;
    openKeys.fill(NO_KEY, start, start + MOST_KEYS);
    openKeys.set(keys, start);
    openPoses.set(poses, start);
    if (position % BLOCK === BLOCK - 1) this.#seal(block);
    Atomics.store(this.#words, SIZE, position + 1);
  }

  /**
   * Finds the pictures of a block that have a query's keys.
   * @param size what `size` was when the search began.
   * @param onKey called for each key of the query with the number of its hits; answers whether they are wanted.
   */
  search(block: number, size: number, query: LocalKeys, onKey: (key: number, hits: number) => boolean, onHit: OnHit) {
    if ((block + 1) * BLOCK <= size) this.#searchSealed(block, query, onKey, onHit);
    else this.#searchOpen(block, size - block * BLOCK, query, onKey, onHit);
  }

  #searchSealed(block: number, { keys }: LocalKeys, onKey: (key: number, hits: number) => boolean, onHit: OnHit) {
    this.#renewView();
    const words = this.#words;
    const ends = BLOCKS_START + block * BLOCK_WORDS;
    const postings = ends + BUCKETS;
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index]!;
      const bucket = key >>> (32 - BUCKET_BITS);
      const rest = key & REST_MASK;
      const first = postings + (bucket === 0 ? 0 : words[ends + bucket - 1]!);
      const end = postings + words[ends + bucket]!;
      let hits = 0;
      for (let at = first; at < end; at++) if (words[at]! >>> TAIL_BITS === rest) hits++;
      if (hits === 0 || !onKey(index, hits)) continue;
      for (let at = first; at < end; at++) {
        const posting = words[at]!;
        if (posting >>> TAIL_BITS === rest)
          onHit(posting & (BLOCK - 1), (posting >>> PICTURE_BITS) & (2 ** POSE_BITS - 1));
      }
    }
  }

  #searchOpen(
    block: number,
    pictures: number,
    { keys }: LocalKeys,
    onKey: (key: number, hits: number) => boolean,
    onHit: OnHit,
  ) {
    const { keys: openKeys, poses } = this.#openArea(block);
    const filter = new Uint8Array(FILTER);
    const places = new Map<number, number[]>();
    for (const key of keys) filter[key & (FILTER - 1)] = 1;
    for (const key of keys) places.set(key, []);
    for (let at = 0; at < pictures * MOST_KEYS; at++) {
      const key = openKeys[at]!;
      if (filter[key & (FILTER - 1)] === 1) places.get(key)?.push(at);
    }
    for (let index = 0; index < keys.length; index++) {
      const hits = places.get(keys[index]!)!;
      if (hits.length === 0 || !onKey(index, hits.length)) continue;
      for (const at of hits) onHit(Math.floor(at / MOST_KEYS), poses[at]!);
    }
  }

  /** Sorts a full block's keys into buckets. */
  #seal(block: number): void {
    const start = BLOCKS_START + block * BLOCK_WORDS;
    const missing = (start + BLOCK_WORDS) * 4 - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    this.#renewView();
    const { keys, poses } = this.#openArea(block);
    const ends = this.#words.subarray(start, start + BUCKETS);
    const postings = this.#words.subarray(start + BUCKETS, start + BLOCK_WORDS);
    let count = 0;
    for (const key of keys) {
      if (key === NO_KEY) continue;
      ends[key >>> (32 - BUCKET_BITS)]!++;
      count++;
    }
    for (let bucket = 1; bucket < BUCKETS; bucket++) ends[bucket]! += ends[bucket - 1]!;
    // Filled from the back, each end moves to its bucket's start.
    for (let index = 0; index < BLOCK_KEYS; index++) {
      const key = keys[index]!;
      if (key === NO_KEY) continue;
      const at = --ends[key >>> (32 - BUCKET_BITS)]!;
      const tail = (poses[index]! << PICTURE_BITS) | Math.floor(index / MOST_KEYS);
      postings[at] = (((key & REST_MASK) << TAIL_BITS) | tail) >>> 0;
    }
    ends.copyWithin(0, 1);
    ends[BUCKETS - 1] = count;
  }

  #openArea(block: number): { keys: Uint32Array; poses: Uint8Array } {
    const start = OPEN_START + (block % 2) * OPEN_WORDS;
    return {
      keys: this.#words.subarray(start, start + BLOCK_KEYS),
      poses: new Uint8Array(this.#words.buffer, (start + BLOCK_KEYS) * 4, BLOCK_KEYS),
    };
  }

  /** A view ends where the memory ended when it was made. */
  #renewView(): void {
    if (this.#words.byteLength !== this.memory.buffer.byteLength) this.#words = new Uint32Array(this.memory.buffer);
  }
}
