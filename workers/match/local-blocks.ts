import { randomInt } from 'node:crypto';
import { FEATURE_BITS, KEPT_FEATURES, MOST_ASKED_KEYS, MOST_KEYS, PLACE_BYTES, type LocalKeys } from './local-keys.js';

/** Pictures in a block. */
export const BLOCK = 2048;
const PAGE = 65_536;
const PICTURE_BITS = 11;
/** Bits of a key that choose its bucket; the rest, the corner and the picture share a word. */
const BUCKET_BITS = 17;
const BUCKETS = 1 << BUCKET_BITS;
const REST_MASK = (1 << (32 - BUCKET_BITS)) - 1;
const TAIL_BITS = PICTURE_BITS + FEATURE_BITS;
const BLOCK_KEYS = BLOCK * MOST_KEYS;
/** Of a picture's corners, bytes. */
const PLACES_BYTES = KEPT_FEATURES * PLACE_BYTES;
const PLACES_WORDS = (BLOCK * PLACES_BYTES) / 4;
/** In words of 32 bits: the corners' places, bucket ends, then postings. */
const BLOCK_WORDS = PLACES_WORDS + BUCKETS + BLOCK_KEYS;
/** Blocks that share a filter: a bit for each value that the first bits of a key have, set where one of their keys has it. */
export const BLOCKS_A_FILTER = 4;
const FILTER_BITS = 24;
const FILTER_WORDS = 2 ** (FILTER_BITS - 5);
/** A filter and the blocks that share it. */
const SECTION_WORDS = FILTER_WORDS + BLOCKS_A_FILTER * BLOCK_WORDS;
/** Chains of a block that is still filling, by bits of their keys. */
const CHAIN_BITS = 17;
const CHAINS = 1 << CHAIN_BITS;
/** Of a block that is still filling: keys, where in its chain each goes on, where chains begin, and corners, a byte each. */
const OPEN_WORDS = 2 * BLOCK_KEYS + CHAINS + BLOCK_KEYS / 4;
const OPEN_START = PAGE / 4;
const SECTIONS_START = OPEN_START + 2 * OPEN_WORDS;
const SIZE = 0;
const IDENTITY = 1;
const CAPACITY = 2;
/** Stands where a picture has fewer keys. */
const NO_KEY = 0;

/** How rare a key is thought to be before any picture was seen. */
const PRIOR_PICTURES = 400;
const PRIOR_HITS = 2;
/** A key that one in sixteen pictures has, or so many corners of a block, tells too little for the time that it takes: text, windows, grids. */
const LEAST_WEIGHT = 4;
const MOST_OF_KEY = 72;

/** What it tells that pictures have a key, bits, where so many corners of so many pictures have it; 0 where it tells too little. */
export function weightOf(hits: number, pictures: number): number {
  const weight = Math.log2((pictures + PRIOR_PICTURES) / (hits + PRIOR_HITS));
  return hits <= MOST_OF_KEY && weight >= LEAST_WEIGHT ? weight : 0;
}

/** A key that a picture of a block shares with the query: called once for each. */
export type OnHit = (picture: number, corner: number) => void;

/**
 * Memory of local keys that threads share: blocks of 2,048 pictures with their keys sorted into buckets, and the block
 * that is filling, in two areas that take turns, so that a reader who saw the one before is not disturbed.
 */
export class LocalBlocks {
  readonly memory: WebAssembly.Memory;
  #words: Uint32Array;
  #bytes: Uint8Array;

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.#words = new Uint32Array(memory.buffer);
    this.#bytes = new Uint8Array(memory.buffer);
  }

  /** @throws {RangeError} beyond about 3 million pictures. */
  static allocate(capacity: number): WebAssembly.Memory {
    const sections = Math.ceil(capacity / (BLOCK * BLOCKS_A_FILTER));
    const pages = Math.ceil(((SECTIONS_START + sections * SECTION_WORDS) * 4) / PAGE);
    if (pages > 65_536)
      throw new RangeError(`A memory of 4 GiB cannot hold the local features of ${capacity} pictures`);
    const initial = Math.ceil((SECTIONS_START * 4) / PAGE);
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

  /** Where corners lie, of all pictures. */
  get places(): Uint8Array {
    this.#renewView();
    return this.#bytes;
  }

  /** Where in `places` those of the picture at a position begin. */
  placesAt(position: number): number {
    return startOfBlock(Math.floor(position / BLOCK)) * 4 + (position % BLOCK) * PLACES_BYTES;
  }

  append({ keys, corners, places }: LocalKeys): void {
    const position = this.size;
    const block = Math.floor(position / BLOCK);
    const open = this.#openArea(block);
    const start = (position % BLOCK) * MOST_KEYS;
    if (start === 0) open.chains.fill(0);
    const filter = startOfFilter(Math.floor(block / BLOCKS_A_FILTER));
    this.#reach(Math.max(filter + FILTER_WORDS, startOfBlock(block) + PLACES_WORDS));
    for (const key of keys) this.#words[filter + filterWord(key)]! |= filterBit(key);
    open.keys.fill(NO_KEY, start, start + MOST_KEYS);
    open.keys.set(keys, start);
    open.corners.set(corners, start);
    this.places.set(places, this.placesAt(position));
    for (let at = start; at < start + keys.length; at++) {
      const chain = open.keys[at]! >>> (32 - CHAIN_BITS);
      open.nexts[at] = open.chains[chain]!;
      open.chains[chain] = at + 1;
    }
    if (position % BLOCK === BLOCK - 1) this.#seal(block);
    Atomics.store(this.#words, SIZE, position + 1);
  }

  /** Those of a query's keys that pictures of a section may have, and hardly any that none has. */
  filter(section: number, { keys, corners, places }: LocalKeys): LocalKeys {
    this.#renewView();
    const words = this.#words;
    const filter = startOfFilter(section);
    let count = 0;
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index]!;
      if ((words[filter + filterWord(key)]! & filterBit(key)) === 0) continue;
      passedKeys[count] = key;
      passedCorners[count++] = corners[index]!;
    }
    return { keys: passedKeys.slice(0, count), corners: passedCorners.slice(0, count), places };
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
    const ends = startOfBlock(block) + PLACES_WORDS;
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
          onHit(posting & (BLOCK - 1), (posting >>> PICTURE_BITS) & (KEPT_FEATURES - 1));
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
    const { keys: openKeys, nexts, chains, corners } = this.#openArea(block);
    const end = pictures * MOST_KEYS;
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index]!;
      const chain = key >>> (32 - CHAIN_BITS);
      let hits = 0;
      for (let at = chains[chain]!; at > 0 && hits <= MOST_OF_KEY; at = nexts[at - 1]!) {
        if (openKeys[at - 1] === key && at <= end) hits++;
      }
      if (hits === 0 || !onKey(index, hits)) continue;
      for (let at = chains[chain]!; at > 0; at = nexts[at - 1]!) {
        if (openKeys[at - 1] === key && at <= end) onHit(Math.floor((at - 1) / MOST_KEYS), corners[at - 1]!);
      }
    }
  }

  /** Sorts a full block's keys into buckets. */
  #seal(block: number): void {
    const start = startOfBlock(block);
    this.#reach(start + BLOCK_WORDS);
    const { keys, corners } = this.#openArea(block);
    const ends = this.#words.subarray(start + PLACES_WORDS, start + PLACES_WORDS + BUCKETS);
    const postings = this.#words.subarray(start + PLACES_WORDS + BUCKETS, start + BLOCK_WORDS);
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
      const tail = (corners[index]! << PICTURE_BITS) | Math.floor(index / MOST_KEYS);
      postings[at] = (((key & REST_MASK) << TAIL_BITS) | tail) >>> 0;
    }
    ends.copyWithin(0, 1);
    ends[BUCKETS - 1] = count;
    dropCommon(ends, postings);
  }

  /** Numbers in chains are one more than places, and 0 is their end; what was appended last comes first. */
  #openArea(block: number) {
    const start = OPEN_START + (block % 2) * OPEN_WORDS;
    const words = this.#words;
    const [nexts, chains, corners] = [start + BLOCK_KEYS, start + 2 * BLOCK_KEYS, start + 2 * BLOCK_KEYS + CHAINS];
    return {
      keys: words.subarray(start, nexts),
      nexts: words.subarray(nexts, chains),
      chains: words.subarray(chains, corners),
      corners: new Uint8Array(words.buffer, corners * 4, BLOCK_KEYS),
    };
  }

  /** Has the memory hold that many words. */
  #reach(words: number): void {
    const missing = words * 4 - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    this.#renewView();
  }

  /** A view ends where the memory ended when it was made. */
  #renewView(): void {
    if (this.#words.byteLength === this.memory.buffer.byteLength) return;
    this.#words = new Uint32Array(this.memory.buffer);
    this.#bytes = new Uint8Array(this.memory.buffer);
  }
}

/** Takes out the keys that so many pictures of a full block have that they tell too little. */
function dropCommon(ends: Uint32Array, postings: Uint32Array): void {
  let [first, kept] = [0, 0];
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const end = ends[bucket]!;
    if (end - first <= MOST_OF_KEY) {
      postings.copyWithin(kept, first, end);
      kept += end - first;
    } else {
      const sorted = postings.slice(first, end).sort();
      for (let start = 0, next = 0; start < sorted.length; start = next) {
        while (next < sorted.length && sorted[next]! >>> TAIL_BITS === sorted[start]! >>> TAIL_BITS) next++;
        if (next - start > MOST_OF_KEY) continue;
        postings.set(sorted.subarray(start, next), kept);
        kept += next - start;
      }
    }
    first = end;
    ends[bucket] = kept;
  }
}

/** A thread asks one memory at a time. */
const passedKeys = new Uint32Array(MOST_ASKED_KEYS);
const passedCorners = new Uint8Array(MOST_ASKED_KEYS);

const startOfFilter = (section: number) => SECTIONS_START + section * SECTION_WORDS;

const startOfBlock = (block: number) =>
  startOfFilter(Math.floor(block / BLOCKS_A_FILTER)) + FILTER_WORDS + (block % BLOCKS_A_FILTER) * BLOCK_WORDS;

const filterWord = (key: number) => key >>> (32 - FILTER_BITS + 5);

const filterBit = (key: number) => 1 << ((key >>> (32 - FILTER_BITS)) & 31);
