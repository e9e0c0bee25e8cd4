import { DESCRIPTOR_LENGTH, DESCRIPTOR_NORM } from '../fingerprint/descriptor.js';
import { HASH_BYTES } from '../perceptual-hash.js';
import { BLOCK, BlockMemory, GROUP, type Tags } from './block-memory.js';
import { hammingDistance, inverseOf, lowDistance, TRANSPOSED } from './hash-orientations.js';
import { MostAlike } from './most-alike.js';
import { ORIENTATIONS, type Orientation } from './pair-match.js';
import { checkLength, prepareQuery, VECTOR, type IndexQuery, type PreparedQuery } from './prepared-query.js';
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
  /** Least cosine of descriptors, −1…1; above 1 leaves descriptors out. Default 0.35. */
  leastCosine?: number;
  /** Least likeness of what the hash does not find; see `Candidate`. Default −1/3. */
  leastLikeness?: number;
}

export interface Candidate {
  position: number;
  /** Least number of bits that differ, over the eight orientations. */
  pdqDistance: number;
  /** Of the query relative to the candidate, as far as the hashes tell. */
  orientation: Orientation;
  /** Of the descriptors, −1…1, to within 0.01. */
  cosine: number;
  /** The cosine less a 24th for each bit of the 64 lowest frequencies that differs in the best of the orientations. */
  likeness: number;
}

/** Hashes this near, or hash and descriptor together this alike, are worth a look at the pixels. */
export const CANDIDATE_RADIUS = 44;
const CANDIDATE_COSINE = 0.35;
const CANDIDATE_LIKENESS = -1 / 3;
const BITS_OF_COSINE = 24;
/** Of the places for candidates, the share that those far by their hash may take. */
const SHARE_OF_ALIKE = 3 / 8;
/** The kernel reckons likeness in fours of the dot product, in whole numbers. */
const LIKENESS_UNITS = DESCRIPTOR_NORM ** 2 / 4;
const LEAST_INT16 = -32_768;
const DEFAULT_CAPACITY = 4_000_000;
const DEFAULT_LIMIT = 40;
/** Bits up to which hardly anything but a copy comes. */
const SURE = 16;
/** Offsets in a thread's scratch space. */
const HASH_COLUMNS = 0;
const DESCRIPTOR_COLUMNS = 2 * HASH_BYTES * VECTOR;
const FOUND = 4096;

/** What a query has found so far. */
interface Scan {
  query: PreparedQuery;
  options: CandidateOptions;
  near: Candidate[];
  alike: MostAlike;
}

/**
 * Fingerprints in memory, all of them looked at by every query: each hash in every orientation, each descriptor as it is and
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
    const prepared = prepareQuery(query);
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
    const scans = queries.map((query, number): Scan => {
      const options = optionsOf(number);
      const { limit = DEFAULT_LIMIT, leastCosine = CANDIDATE_COSINE, leastLikeness = CANDIDATE_LIKENESS } = options;
      const most = leastCosine > 1 ? 0 : Math.ceil(Math.max(0, limit) * SHARE_OF_ALIKE);
      const least = Math.max(LEAST_INT16, Math.ceil(leastLikeness * LIKENESS_UNITS));
      return { query: prepareQuery(query), options, near: [], alike: new MostAlike(most, least) };
    });
    const { size } = this;
    for (let start = 0; start < size; start += BLOCK) {
      for (const scan of scans) {
        const { from = 0, below = size } = scan.options;
        const end = Math.min(size, below, start + BLOCK);
        if (end > start && from < end) this.#scan(scan, start, end);
      }
    }
    return scans.map(({ query, options: { limit = DEFAULT_LIMIT }, near, alike }) =>
      choose(
        near,
        alike.positions.map((position) => this.#candidateAt(position, query)),
        Math.max(0, limit),
      ),
    );
  }

  #scan({ query, options, near, alike }: Scan, start: number, end: number): void {
    const { from = 0, radius = CANDIDATE_RADIUS, leastCosine = CANDIDATE_COSINE, except, scope } = options;
    const { front, back, descriptors } = this.#blocks.blockAt(start);
    const { bytes, scratch } = this.#blocks;
    const groups = Math.ceil((end - start) / GROUP);
    const isWanted = (position: number) =>
      position >= from && position < end && position !== except && this.#isInScope(position, scope);
    bytes.set(query.hashColumns, scratch + HASH_COLUMNS);
    const [hash, found] = [scratch + HASH_COLUMNS, scratch + FOUND];
    const [frontBound, bound] = [Math.min(255, radius + query.frontSlack), Math.min(255, radius + query.slack)];
    const nearFound = this.#kernel.near(front, back, groups, hash, frontBound, bound, found);
    const known = new Set<number>();
    for (let at = found; at < found + 2 * nearFound; at += 2) {
      const position = start + uint16(bytes, at);
      if (!isWanted(position)) continue;
      const candidate = this.#candidateAt(position, query);
      if (candidate.pdqDistance > radius) continue;
      near.push(candidate);
      known.add(position);
    }
    if (!query.descriptor || alike.most === 0) return;
    bytes.set(query.descriptor.columns, scratch + DESCRIPTOR_COLUMNS);
    const alikeFound = this.#kernel.alike(
      front,
      back,
      descriptors,
      groups,
      hash,
      scratch + DESCRIPTOR_COLUMNS,
      Math.ceil(leastCosine * DESCRIPTOR_NORM ** 2),
      alike.floor,
      found,
    );
    for (let at = found; at < found + 4 * alikeFound; at += 4) {
      const position = start + uint16(bytes, at);
      const likeness = (uint16(bytes, at + 2) << 16) >> 16;
      if (likeness >= alike.floor && isWanted(position) && !known.has(position)) alike.add(position, likeness);
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
    const dot = descriptor ? this.#blocks.dotAt(position, descriptor.factors) : 0;
    // The query turned like this looks like the candidate, so this undone made the query of the candidate.
    const orientation = inverseOf(ORIENTATIONS[turned]!);
    const cosine = Math.min(1, dot / DESCRIPTOR_NORM ** 2);
    const low = Math.min(
      lowDistance(sorted[0]!, this.#candidateHash),
      lowDistance(sorted[TRANSPOSED]!, this.#candidateHash),
    );
    return { position, pdqDistance, orientation, cosine, likeness: cosine - low / BITS_OF_COSINE };
  }

  #isInScope(position: number, { request, owner, uploadsBelow = Infinity, references = true }: Scope = {}): boolean {
    const tags = this.#blocks.tagsOf(position);
    if (tags.retired) return false;
    if (tags.reference) return references;
    if (position >= uploadsBelow) return false;
    return (request === undefined || tags.request === request) && (owner === undefined || tags.owner === owner);
  }
}

const uint16 = (bytes: Uint8Array, at: number) => bytes[at]! | (bytes[at + 1]! << 8);

const nearestFirst = (a: Candidate, b: Candidate) => a.pdqDistance - b.pdqDistance || a.position - b.position;

/**
 * Those that the hash finds, then those that are merely alike, of which a large index has many. Half the places are for
 * the oldest of the sure ones: all of many copies then meet the same pictures, and make one group.
 */
function choose(near: readonly Candidate[], alike: readonly Candidate[], limit: number): Candidate[] {
  const chosen = [...near.toSorted(nearestFirst), ...alike];
  const rest = chosen.splice(Math.ceil(limit / 2));
  const age = ({ pdqDistance, position }: Candidate) => (pdqDistance <= SURE ? position : Infinity);
  return [...chosen, ...rest.sort((a, b) => (age(a) < age(b) ? -1 : Number(age(a) > age(b)))).slice(0, limit >> 1)];
}
