import { randomInt } from 'node:crypto';
import { keysToAsk, keysToKeep, MOST_KEYS } from './local-keys.js';

/** Can be posted to another thread, which looks into the same memory by `LocalIndex.view`. */
export interface SharedLocalFeatures {
  memory: WebAssembly.Memory;
}

export interface LocalCandidate {
  position: number;
  /** Keys that both pictures have, in the orientation that has more of them. */
  votes: number;
}

export interface LocalOptions {
  /** Only what was appended at this position or later, and before that one. */
  from?: number;
  below?: number;
  leastVotes?: number;
  /** The best so many. Default 40. */
  limit?: number;
}

/** One key in common is chance. */
export const LEAST_VOTES = 3;
const DEFAULT_CAPACITY = 200_000;
const DEFAULT_LIMIT = 40;
const PAGE = 65_536;
/** Pictures in a block, and bits of a key that choose its bucket; the rest and the picture share a word. */
const BLOCK = 2048;
const PICTURE_BITS = 11;
const BUCKET_BITS = 18;
const BUCKETS = 1 << BUCKET_BITS;
const BLOCK_KEYS = BLOCK * MOST_KEYS;
/** In words of 32 bits: bucket ends, then postings. */
const BLOCK_WORDS = BUCKETS + BLOCK_KEYS;
const OPEN_START = PAGE / 4;
const BLOCKS_START = OPEN_START + 2 * BLOCK_KEYS;
/** A key that so many of a block's pictures have tells nothing. */
const MOST_HITS = 48;
const SIZE = 0;
const IDENTITY = 1;
/** Stands where a picture has fewer keys; `local-keys.ts` makes none like it. */
const NO_KEY = 0;

/**
 * Finds pictures that share parts, however small in the other or cut off, by keys of local features that are equal to the
 * bit. About 1.3 kB of memory a picture and 3 MB besides; one thread may append while others ask. Positions count from 0
 * in order of appending: append to it whatever is appended to a `FingerprintIndex`, and they are the same.
 */
export class LocalIndex {
  readonly capacity: number;
  readonly #memory: WebAssembly.Memory;
  #words: Uint32Array;

  private constructor(memory: WebAssembly.Memory, capacity: number) {
    this.#memory = memory;
    this.capacity = capacity;
    this.#words = new Uint32Array(memory.buffer);
  }

  /** @param options.capacity pictures; beyond it `append` answers false. @throws {RangeError} beyond 3 million. */
  static create({ capacity = DEFAULT_CAPACITY }: { capacity?: number } = {}): LocalIndex {
    const blocks = Math.ceil(capacity / BLOCK);
    const pages = Math.ceil(((BLOCKS_START + blocks * BLOCK_WORDS) * 4) / PAGE);
    const initial = Math.ceil((BLOCKS_START * 4) / PAGE);
    if (pages > 65_536) throw new RangeError(`A memory of 4 GiB cannot hold ${capacity} pictures`);
    const memory = new WebAssembly.Memory({ initial, maximum: pages, shared: true });
    const words = new Uint32Array(memory.buffer);
    words[IDENTITY] = randomInt(1, 2 ** 31);
    words[2] = capacity;
    return new LocalIndex(memory, capacity);
  }

  static view({ memory }: SharedLocalFeatures): LocalIndex {
    return new LocalIndex(memory, new Uint32Array(memory.buffer)[2]!);
  }

  get shared(): SharedLocalFeatures {
    return { memory: this.#memory };
  }

  shares({ memory }: SharedLocalFeatures): boolean {
    return new Uint32Array(memory.buffer)[IDENTITY] === this.#words[IDENTITY];
  }

  get size(): number {
    return Atomics.load(this.#words, SIZE);
  }

  get isFull(): boolean {
    return this.size >= this.capacity;
  }

  /**
   * @param evidence null for a picture without: it takes its position, and is nobody's candidate.
   * @returns whether there was room.
   */
  append(evidence: Uint8Array | null): boolean {
    const position = this.size;
    if (this.isFull) return false;
    const start = openStart(position) + (position % BLOCK) * MOST_KEYS;
    this.#words.fill(NO_KEY, start, start + MOST_KEYS);
    if (evidence) this.#words.set(keysToKeep(evidence), start);
    if (position % BLOCK === BLOCK - 1) this.#seal(Math.floor(position / BLOCK));
    Atomics.store(this.#words, SIZE, position + 1);
    return true;
  }

  /** The pictures that share most keys with one, as it is or mirrored. */
  candidates(evidence: Uint8Array, options: LocalOptions = {}): LocalCandidate[] {
    const { size } = this;
    const { from = 0, leastVotes = LEAST_VOTES, limit = DEFAULT_LIMIT } = options;
    const below = Math.min(size, options.below ?? size);
    this.#renewView();
    const { upright, mirrored } = keysToAsk(evidence);
    const found: LocalCandidate[] = [];
    for (let block = Math.floor(from / BLOCK); block * BLOCK < below; block++) {
      const isSealed = (block + 1) * BLOCK <= size;
      const votes = [upright, mirrored].map((keys) =>
        isSealed ? this.#votesOfSealed(block, keys) : this.#votesOfOpen(block, size - block * BLOCK, keys),
      );
      for (let picture = 0; picture < BLOCK; picture++) {
        const most = Math.max(votes[0]![picture]!, votes[1]![picture]!);
        const position = block * BLOCK + picture;
        if (most >= leastVotes && position >= from && position < below) found.push({ position, votes: most });
      }
    }
    return found.sort((a, b) => b.votes - a.votes || a.position - b.position).slice(0, Math.max(0, limit));
  }

  #votesOfSealed(block: number, keys: Uint32Array): Uint16Array {
    const words = this.#words;
    const votes = new Uint16Array(BLOCK);
    const ends = BLOCKS_START + block * BLOCK_WORDS;
    const postings = ends + BUCKETS;
    for (const key of keys) {
      const bucket = key >>> (32 - BUCKET_BITS);
      const rest = key & REST_MASK;
      const end = postings + words[ends + bucket]!;
      let at = postings + (bucket === 0 ? 0 : words[ends + bucket - 1]!);
      let hits = 0;
      const first = at;
      for (; at < end; at++) if (words[at]! >>> PICTURE_BITS === rest) hits++;
      if (hits === 0 || hits > MOST_HITS) continue;
      for (at = first; at < end; at++) {
        if (words[at]! >>> PICTURE_BITS === rest) votes[words[at]! & (BLOCK - 1)]!++;
      }
    }
    return votes;
  }

  #votesOfOpen(block: number, pictures: number, keys: Uint32Array): Uint16Array {
    const words = this.#words;
    const votes = new Uint16Array(BLOCK);
    const asked = new Set(keys);
    const filter = new Uint8Array(FILTER);
    for (const key of keys) filter[key & (FILTER - 1)] = 1;
    const start = openStart(block * BLOCK);
    for (let picture = 0; picture < pictures; picture++) {
      const first = start + picture * MOST_KEYS;
      for (let at = first; at < first + MOST_KEYS; at++) {
        const key = words[at]!;
        if (filter[key & (FILTER - 1)] === 1 && key !== NO_KEY && asked.has(key)) votes[picture]!++;
      }
    }
    return votes;
  }

  /** Sorts a full block's keys into buckets. Its open form stays until the block after next begins. */
  #seal(block: number): void {
    const start = BLOCKS_START + block * BLOCK_WORDS;
    const needed = (start + BLOCK_WORDS) * 4 - this.#memory.buffer.byteLength;
    if (needed > 0) this.#memory.grow(Math.ceil(needed / PAGE));
    this.#renewView();
    const words = this.#words;
    const open = openStart(block * BLOCK);
    const keys = words.subarray(open, open + BLOCK_KEYS);
    const ends = words.subarray(start, start + BUCKETS);
    const postings = words.subarray(start + BUCKETS, start + BLOCK_WORDS);
    for (const key of keys) if (key !== NO_KEY) ends[key >>> (32 - BUCKET_BITS)]!++;
    for (let bucket = 1; bucket < BUCKETS; bucket++) ends[bucket]! += ends[bucket - 1]!;
    // Filled from the back, each end moves to its bucket's start.
    for (let index = 0; index < BLOCK_KEYS; index++) {
      const key = keys[index]!;
      if (key === NO_KEY) continue;
      const at = --ends[key >>> (32 - BUCKET_BITS)]!;
      postings[at] = (((key & REST_MASK) << PICTURE_BITS) | Math.floor(index / MOST_KEYS)) >>> 0;
    }
    for (let bucket = 0; bucket < BUCKETS - 1; bucket++) ends[bucket] = ends[bucket + 1]!;
    ends[BUCKETS - 1] = keys.reduce((count, key) => count + (key === NO_KEY ? 0 : 1), 0);
  }

  #renewView(): void {
    if (this.#words.byteLength !== this.#memory.buffer.byteLength) this.#words = new Uint32Array(this.#memory.buffer);
  }
}

const REST_MASK = (1 << (32 - BUCKET_BITS)) - 1;
const FILTER = 1 << 16;

/** Two open areas take turns, so that a reader who saw the one before is not disturbed. */
const openStart = (position: number) => OPEN_START + (Math.floor(position / BLOCK) % 2) * BLOCK_KEYS;
