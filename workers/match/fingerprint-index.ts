import { DESCRIPTOR_LENGTH, DESCRIPTOR_NORM, transposeDescriptor } from '../fingerprint/descriptor.js';
import { HASH_BYTES } from '../perceptual-hash.js';
import { BLOCK, BlockMemory, GROUP, type Tags } from './block-memory.js';
import {
  dihedralOfHash,
  hammingDistance,
  inverseOf,
  MIRRORINGS,
  mirrorSorted,
  sortHash,
  TRANSPOSED,
} from './hash-orientations.js';
import { ORIENTATIONS, type Orientation } from './pair-match.js';
import { instantiateKernel, type ScanKernel } from './scan-kernel.js';

/** Can be posted to another thread, which looks into the same memory by `FingerprintIndex.view`. */
export interface SharedFingerprints {
  memory: WebAssembly.Memory;
}

export interface IndexEntry extends Tags {
  /** 32 bytes. */
  pdq: Uint8Array;
  /** 64 values; without one the picture is found by its hash alone. */
  descriptor?: Int8Array | null;
}

export interface IndexQuery {
  pdq: Uint8Array;
  /** The hashes of the eight orientations; worked out from `pdq`, a few bits off, where it is not known. */
  dihedral?: Uint8Array | null;
  descriptor?: Int8Array | null;
}

export interface Scope {
  /** Uploads of this request alone. */
  request?: number;
  /** Uploads of this owner alone. */
  owner?: number;
  /** Uploads appended before this position alone. */
  uploadsBelow?: number;
  /** Whether reference pictures count, whatever else the scope says. Default true. */
  references?: boolean;
}

export interface CandidateOptions {
  scope?: Scope;
  /** Position that is left out: the query's own. */
  except?: number;
  /** Only what was appended at this position or later. */
  from?: number;
  /** Only what was appended before this position. */
  below?: number;
  /** The best so many. Default 40. */
  limit?: number;
  /** Greatest distance of hashes, 0…255 bits. Default 44. */
  radius?: number;
  /** Default 0.6. Least cosine of descriptors, −1…1; above 1 leaves descriptors out. */
  leastCosine?: number;
}

export interface Candidate {
  position: number;
  /** Least number of bits that differ, over the eight orientations. */
  pdqDistance: number;
  /** Of the query relative to the candidate, as far as the hashes tell. */
  orientation: Orientation;
  /** Of the descriptors, −1…1. */
  cosine: number;
}

/** Hashes this near, or descriptors this alike, are worth a look at the pixels. */
export const CANDIDATE_RADIUS = 44;
export const CANDIDATE_COSINE = 0.6;
const DEFAULT_CAPACITY = 4_000_000;
const DEFAULT_LIMIT = 40;
/** Bits up to which hardly anything but a copy comes. */
const SURE = 16;
const VECTOR = 16;
/** Offsets in a thread's scratch space. */
const HASH_COLUMNS = 0;
const DESCRIPTOR_COLUMNS = 2 * HASH_BYTES * VECTOR;
const FOUND = 4096;

interface PreparedQuery {
  /** The sorted hashes of the eight orientations. */
  sorted: Uint8Array[];
  hashColumns: Uint8Array;
  /** Bits by which an orientation's hash may differ from what mirroring the sorted hash makes of it; in its front half. */
  slack: number;
  frontSlack: number;
  descriptor: { upright: Int8Array; transposed: Int8Array; columns: Uint8Array } | null;
}

/**
 * Fingerprints in memory, searched exactly: every hash is looked at in every orientation, every descriptor as it is and
 * transposed. What is appended is found at once by every thread that shares the memory; only one thread may append.
 */
export class FingerprintIndex {
  readonly #blocks: BlockMemory;
  readonly #kernel: ScanKernel;
  readonly #candidateHash = new Uint8Array(HASH_BYTES);

  private constructor(memory: WebAssembly.Memory) {
    this.#blocks = new BlockMemory(memory);
    this.#kernel = instantiateKernel(memory);
  }

  /**
   * @param options.capacity fingerprints it can grow to; takes address space, not memory.
   * @throws {RangeError} beyond about 9.9 million.
   */
  static create({ capacity = DEFAULT_CAPACITY }: { capacity?: number } = {}): FingerprintIndex {
    return new FingerprintIndex(BlockMemory.allocate(capacity));
  }

  /** The same fingerprints in another thread. @throws {RangeError} from the 62nd thread on. */
  static view({ memory }: SharedFingerprints): FingerprintIndex {
    return new FingerprintIndex(memory);
  }

  get shared(): SharedFingerprints {
    return { memory: this.#blocks.memory };
  }

  /** Whether it looks into the memory of that handle. */
  shares({ memory }: SharedFingerprints): boolean {
    return BlockMemory.identityOf(memory) === BlockMemory.identityOf(this.#blocks.memory);
  }

  get size(): number {
    return this.#blocks.size;
  }

  /** @returns its position: 0, 1, 2… @throws {RangeError} where hash or descriptor have a wrong length, or it is full. */
  append({ pdq, descriptor = null, ...tags }: IndexEntry): number {
    checkLength('hash', pdq, HASH_BYTES);
    if (descriptor) checkLength('descriptor', descriptor, DESCRIPTOR_LENGTH);
    return this.#blocks.append(pdq, descriptor, tags);
  }

  /** Makes it nobody's candidate any more. */
  retire(position: number): void {
    if (position < 0 || position >= this.size) throw new RangeError(`No fingerprint at ${position} of ${this.size}`);
    this.#blocks.retire(position);
  }

  tagsOf(position: number): Tags {
    return this.#blocks.tagsOf(position);
  }

  /** Pictures worth comparing with the query, the most promising first. */
  candidates(query: IndexQuery, options: CandidateOptions = {}): Candidate[] {
    return this.candidatesOfEach([query], () => options)[0]!;
  }

  /** Those of the positions that are in scope, as candidates of the query, in the order given. */
  candidatesAt(query: IndexQuery, positions: readonly number[], options: CandidateOptions = {}): Candidate[] {
    const prepared = prepare(query);
    const { from = 0, below = this.size, except, scope } = options;
    return positions
      .filter((position) => position >= from && position < below && position !== except)
      .filter((position) => this.#isInScope(position, scope))
      .map((position) => this.#candidateAt(position, prepared));
  }

  /**
   * The candidates of many queries, which take each block of memory together while it is in the processor's cache.
   * @param optionsOf the options of the query with that number.
   */
  candidatesOfEach(queries: readonly IndexQuery[], optionsOf: (query: number) => CandidateOptions): Candidate[][] {
    const options = queries.map((_, number) => optionsOf(number));
    const prepared = queries.map(prepare);
    const found: Candidate[][] = queries.map(() => []);
    const { size } = this;
    for (let start = 0; start < size; start += BLOCK) {
      for (let number = 0; number < queries.length; number++) {
        const { from = 0, below = size } = options[number]!;
        const end = Math.min(size, below, start + BLOCK);
        if (end > start && from < end) this.#scan(prepared[number]!, start, end, options[number]!, found[number]!);
      }
    }
    return found.map((list, number) => choose(list, Math.max(0, options[number]!.limit ?? DEFAULT_LIMIT)));
  }

  #scan(query: PreparedQuery, start: number, end: number, options: CandidateOptions, candidates: Candidate[]): void {
    const { from = 0, radius = CANDIDATE_RADIUS, leastCosine = CANDIDATE_COSINE } = options;
    const { front, back, descriptors } = this.#blocks.blockAt(start);
    const { bytes, scratch } = this.#blocks;
    const groups = Math.ceil((end - start) / GROUP);
    const offsets = new Set<number>();
    bytes.set(query.hashColumns, scratch + HASH_COLUMNS);
    const [frontBound, bound] = [Math.min(255, radius + query.frontSlack), Math.min(255, radius + query.slack)];
    const columnsOfHash = scratch + HASH_COLUMNS;
    const near = this.#kernel.near(front, back, groups, columnsOfHash, frontBound, bound, scratch + FOUND);
    addNumbers(bytes, scratch + FOUND, near, offsets);
    const leastDot = Math.ceil(leastCosine * DESCRIPTOR_NORM ** 2);
    if (query.descriptor && leastCosine <= 1) {
      bytes.set(query.descriptor.columns, scratch + DESCRIPTOR_COLUMNS);
      const columns = scratch + DESCRIPTOR_COLUMNS;
      const alike = this.#kernel.alike(descriptors, groups, columns, leastDot, scratch + FOUND);
      addNumbers(bytes, scratch + FOUND, alike, offsets);
    }
    for (const offset of offsets) {
      const position = start + offset;
      const isWanted = position >= from && position < end && position !== options.except;
      if (!isWanted || !this.#isInScope(position, options.scope)) continue;
      const candidate = this.#candidateAt(position, query);
      if (candidate.pdqDistance <= radius || (leastCosine <= 1 && candidate.cosine >= leastCosine)) {
        candidates.push(candidate);
      }
    }
  }

  #candidateAt(position: number, { sorted, descriptor }: PreparedQuery): Candidate {
    this.#blocks.hashAt(position, this.#candidateHash);
    let pdqDistance = Infinity;
    let turned = 0;
    sorted.forEach((hash, index) => {
      const distance = hammingDistance(hash, this.#candidateHash);
      if (distance >= pdqDistance) return;
      pdqDistance = distance;
      turned = index;
    });
    const dot = descriptor ? this.#blocks.dotAt(position, descriptor.upright, descriptor.transposed) : 0;
    // The query turned like this looks like the candidate, so this undone made the query of the candidate.
    const orientation = inverseOf(ORIENTATIONS[turned]!);
    return { position, pdqDistance, orientation, cosine: Math.min(1, dot / DESCRIPTOR_NORM ** 2) };
  }

  #isInScope(position: number, { request, owner, uploadsBelow = Infinity, references = true }: Scope = {}): boolean {
    const tags = this.#blocks.tagsOf(position);
    if (tags.retired) return false;
    if (tags.reference) return references;
    if (position >= uploadsBelow) return false;
    return (request === undefined || tags.request === request) && (owner === undefined || tags.owner === owner);
  }
}

function prepare({ pdq, dihedral, descriptor }: IndexQuery): PreparedQuery {
  checkLength('hash', pdq, HASH_BYTES);
  const hashes = dihedral ?? dihedralOfHash(pdq);
  checkLength('dihedral hashes', hashes, ORIENTATIONS.length * HASH_BYTES);
  const sorted = ORIENTATIONS.map((_, index) => sortHash(hashes, index * HASH_BYTES));
  const slackOf = (bytes: number) => {
    const slacks = ORIENTATIONS.map((orientation, index) => {
      const { transposed, leftRight, topBottom } = MIRRORINGS[orientation];
      const expected = mirrorSorted(sorted[transposed ? TRANSPOSED : 0]!, leftRight, topBottom);
      return hammingDistance(expected.subarray(0, bytes), sorted[index]!);
    });
    return Math.max(...slacks);
  };
  return {
    sorted,
    hashColumns: spreadBytes([...sorted[0]!, ...sorted[TRANSPOSED]!]),
    slack: slackOf(HASH_BYTES),
    frontSlack: slackOf(HASH_BYTES / 2),
    descriptor: descriptor?.some((value) => value !== 0) ? prepareDescriptor(descriptor) : null,
  };
}

function prepareDescriptor(upright: Int8Array) {
  checkLength('descriptor', upright, DESCRIPTOR_LENGTH);
  const transposed = transposeDescriptor(upright);
  const columns = new Int16Array(2 * DESCRIPTOR_LENGTH * (VECTOR / 2));
  for (let i = 0; i < DESCRIPTOR_LENGTH; i++) {
    columns.fill(upright[i]!, i * VECTOR, i * VECTOR + VECTOR / 2);
    columns.fill(transposed[i]!, i * VECTOR + VECTOR / 2, (i + 1) * VECTOR);
  }
  return { upright, transposed, columns: new Uint8Array(columns.buffer) };
}

function spreadBytes(values: readonly number[]): Uint8Array {
  const columns = new Uint8Array(values.length * VECTOR);
  values.forEach((value, index) => columns.fill(value, index * VECTOR, (index + 1) * VECTOR));
  return columns;
}

function addNumbers(bytes: Uint8Array, start: number, count: number, target: Set<number>): void {
  for (let at = start; at < start + 2 * count; at += 2) target.add(bytes[at]! | (bytes[at + 1]! << 8));
}

function checkLength(name: string, { length }: { length: number }, expected: number): void {
  if (length !== expected) throw new RangeError(`The ${name} must have ${expected} values, not ${length}`);
}

/** Bits and cosine on one scale, by how seldom unrelated pictures come as near. */
const promise = ({ pdqDistance, cosine }: Candidate) => Math.max((128 - pdqDistance) / 128, cosine);

const mostPromisingFirst = (a: Candidate, b: Candidate) => promise(b) - promise(a) || a.position - b.position;

/** Half the places are for the oldest of the sure ones: all of many copies then meet the same pictures, and make one group. */
function choose(found: Candidate[], limit: number): Candidate[] {
  const rest = found.sort(mostPromisingFirst).splice(Math.ceil(limit / 2));
  const age = ({ pdqDistance, position }: Candidate) => (pdqDistance <= SURE ? position : Infinity);
  return [...found, ...rest.sort((a, b) => (age(a) < age(b) ? -1 : Number(age(a) > age(b)))).slice(0, limit >> 1)];
}
