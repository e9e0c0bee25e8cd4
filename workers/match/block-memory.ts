import { randomInt } from 'node:crypto';
import { DESCRIPTOR_LENGTH } from '../fingerprint/descriptor.js';
import { HASH_BYTES } from '../perceptual-hash.js';
import { partsOf, SYMMETRIC_PARTS } from './descriptor-parts.js';
import { sortHash } from './hash-orientations.js';

/** Fingerprints in a block of memory; 16 make a group that is stored by columns. */
export const BLOCK = 4096;
export const GROUP = 16;
const PAGE = 65_536;
const MOST_PAGES = 65_536;
const TAGS = 3;
const FRONT_BYTES = (BLOCK * HASH_BYTES) / 2;
const DESCRIPTORS_START = 2 * FRONT_BYTES;
const TAGS_START = DESCRIPTORS_START + BLOCK * DESCRIPTOR_LENGTH;
const BLOCK_BYTES = TAGS_START + BLOCK * TAGS * 4;
/** Room for a query and what a block's scan finds. */
const SCRATCH_BYTES = 32_768;
const SCRATCHES = 62;
const SCRATCH_START = PAGE;
const BLOCKS_START = SCRATCH_START + Math.ceil((SCRATCHES * SCRATCH_BYTES) / PAGE) * PAGE;
const SIZE = 0;
const SCRATCHES_TAKEN = 1;
const IDENTITY = 2;
const REFERENCE = 1;
const RETIRED = 2;

/** Where a fingerprint comes from, by numbers of the caller's own choosing. */
export interface Tags {
  /** Unsigned 32-bit. */
  owner: number;
  request: number;
  reference: boolean;
}

export interface StoredTags extends Tags {
  retired: boolean;
}

/**
 * The layout of the memory that all threads scan: a page of counters, scratch space for each thread, then blocks of 4,096
 * fingerprints. Grows in place; one thread may append while others read.
 */
export class BlockMemory {
  readonly memory: WebAssembly.Memory;
  /** Where this thread's scratch space starts, bytes. */
  readonly scratch: number;
  #bytes: Uint8Array;
  #words: Int32Array;

  /** @throws {RangeError} where more threads than there are scratch spaces share the memory. */
  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Int32Array(memory.buffer);
    const taken = Atomics.add(this.#words, SCRATCHES_TAKEN, 1);
    if (taken >= SCRATCHES) throw new RangeError(`No more than ${SCRATCHES} threads may share fingerprints`);
    this.scratch = SCRATCH_START + taken * SCRATCH_BYTES;
  }

  static allocate(capacity: number): WebAssembly.Memory {
    const pages = Math.ceil((BLOCKS_START + Math.ceil(capacity / BLOCK) * BLOCK_BYTES) / PAGE);
    if (pages > MOST_PAGES)
      throw new RangeError(`A memory holds ${MOST_PAGES} pages; ${capacity} fingerprints need more`);
    const memory = new WebAssembly.Memory({ initial: BLOCKS_START / PAGE, maximum: pages, shared: true });
    new Int32Array(memory.buffer)[IDENTITY] = randomInt(1, 2 ** 31);
    return memory;
  }

  /** The same for every handle on one memory: each message to a thread makes a new one. */
  static identityOf(memory: WebAssembly.Memory): number {
    return new Int32Array(memory.buffer)[IDENTITY]!;
  }

  get size(): number {
    return Atomics.load(this.#words, SIZE);
  }

  get bytes(): Uint8Array {
    this.#renewViews();
    return this.#bytes;
  }

  /** @throws {RangeError} where the memory is full. */
  append(pdq: Uint8Array, descriptor: Int8Array | null, tags: Tags): number {
    const position = this.size;
    const { front, descriptors } = this.blockAt(position);
    const missing = front + BLOCK_BYTES - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    const bytes = this.bytes;
    const sorted = sortHash(pdq);
    const lane = position % GROUP;
    const group = Math.floor((position % BLOCK) / GROUP);
    for (let i = 0; i < HASH_BYTES; i++) bytes[hashByte(front, group, i) + lane] = sorted[i]!;
    const column = descriptors + group * GROUP * DESCRIPTOR_LENGTH + lane;
    if (descriptor) partsOf(descriptor).forEach((part, i) => (bytes[column + i * GROUP] = part));
    const tag = this.#tagsAt(position);
    this.#words[tag] = tags.owner;
    this.#words[tag + 1] = tags.request;
    this.#words[tag + 2] = tags.reference ? REFERENCE : 0;
    Atomics.store(this.#words, SIZE, position + 1);
    return position;
  }

  retire(position: number): void {
    Atomics.or(this.#words, this.#tagsAt(position) + 2, RETIRED);
  }

  tagsOf(position: number): StoredTags {
    const tag = this.#tagsAt(position);
    const flags = Atomics.load(this.#words, tag + 2);
    return {
      owner: this.#words[tag]! >>> 0,
      request: this.#words[tag + 1]! >>> 0,
      reference: (flags & REFERENCE) !== 0,
      retired: (flags & RETIRED) !== 0,
    };
  }

  /** Starts of the arrays of the block that holds a position, bytes. */
  blockAt(position: number): { front: number; back: number; descriptors: number } {
    const front = BLOCKS_START + Math.floor(position / BLOCK) * BLOCK_BYTES;
    return { front, back: front + FRONT_BYTES, descriptors: front + DESCRIPTORS_START };
  }

  /** The sorted hash at a position. */
  hashAt(position: number, target: Uint8Array): void {
    const bytes = this.bytes;
    const { front } = this.blockAt(position);
    const group = Math.floor((position % BLOCK) / GROUP);
    const lane = position % GROUP;
    for (let i = 0; i < HASH_BYTES; i++) target[i] = bytes[hashByte(front, group, i) + lane]!;
  }

  /** The dot product of a query's factors with the descriptor at a position, or of the transposed query's if that is more. */
  dotAt(position: number, factors: Int16Array): number {
    const bytes = this.bytes;
    const { descriptors } = this.blockAt(position);
    let at = descriptors + Math.floor((position % BLOCK) / GROUP) * GROUP * DESCRIPTOR_LENGTH + (position % GROUP);
    let [same, negated] = [0, 0];
    for (let i = 0; i < DESCRIPTOR_LENGTH; i++, at += GROUP) {
      const product = ((bytes[at]! << 24) >> 24) * factors[i]!;
      if (i < SYMMETRIC_PARTS) same += product;
      else negated += product;
    }
    return same + Math.abs(negated);
  }

  /** A view ends where the memory ended when it was made. */
  #renewViews(): void {
    if (this.#bytes.length === this.memory.buffer.byteLength) return;
    this.#bytes = new Uint8Array(this.memory.buffer);
    this.#words = new Int32Array(this.memory.buffer);
  }

  /** Index of a position's tags in 32-bit words. */
  #tagsAt(position: number): number {
    this.#renewViews();
    return (this.blockAt(position).front + TAGS_START) / 4 + (position % BLOCK) * TAGS;
  }
}

/** Half of a hash's columns lie in the front array, half in the back one. */
function hashByte(front: number, group: number, index: number): number {
  const half = HASH_BYTES / 2;
  return front + Math.floor(index / half) * FRONT_BYTES + (group * half + (index % half)) * GROUP;
}
