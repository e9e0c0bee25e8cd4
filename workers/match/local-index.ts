import { BLOCK, BLOCKS_A_FILTER, LocalBlocks, weightOf } from './local-blocks.js';
import { CornerPairs } from './local-agreement.js';
import { keysToAsk, keysToKeep, NO_KEYS, type LocalKeys } from './local-keys.js';

/** What a block is asked: for pictures at these places in it. */
interface Asked {
  keys: LocalKeys;
  from: number;
  below: number;
  leastVotes: number;
}

/** Can be posted to another thread, which looks into the same memory by `LocalIndex.view`. */
export interface SharedLocalFeatures {
  memory: WebAssembly.Memory;
}

export interface LocalCandidate {
  position: number;
  /** Corners that both pictures have, laid in one way on each other, and how much their keys tell, bits. */
  corners: number;
  votes: number;
}

export interface LocalQuery extends LocalOptions {
  evidence: Uint8Array;
}

export interface LocalOptions {
  /** Only what was appended at this position or later, and before that one. */
  from?: number;
  below?: number;
  leastVotes?: number;
  /** The best so many. Default 40. */
  limit?: number;
}

/** Unrelated pictures seldom have more. */
export const LEAST_VOTES = 14;
/** Fewer corners lie alike in any two pictures. */
const LEAST_CORNERS = 2;
/** Those with fewer than this take no more than a share of the places. */
const SURE_CORNERS = 3;
const SHARE_OF_UNSURE = 0.4;
const DEFAULT_CAPACITY = 200_000;
const DEFAULT_LIMIT = 40;
const MOST_HITS = 1 << 17;

/**
 * A thread asks one index at a time. Of each picture: what its keys tell, how many corners of the query it has keys of,
 * the last of them, and where the chain of its hits begins. All 0 in between.
 */
const totals = new Float32Array(BLOCK);
const cornersHit = new Uint8Array(BLOCK);
const lastCorners = new Uint16Array(BLOCK);
const heads = new Uint32Array(BLOCK);
const hitPictures = new Uint16Array(MOST_HITS);
const hitOwn = new Uint8Array(MOST_HITS);
const hitOther = new Uint8Array(MOST_HITS);
const hitWeights = new Float32Array(MOST_HITS);
const nextHits = new Uint32Array(MOST_HITS);
const promising = new Uint16Array(BLOCK);
const pairs = new CornerPairs();

/**
 * Finds pictures that share parts, however small in the other or cut off, by keys of local features that are equal to the
 * bit and agree on how one picture lies in the other (weak geometric consistency; Jégou, Douze and Schmid, ECCV 2008).
 * About 3.1 kB of memory for each two pictures and 8 MB besides; one thread may append while others ask. Positions count
 * from 0 in order of appending: append to it whatever is appended to a `FingerprintIndex`, and they are the same.
 */
export class LocalIndex {
  readonly #blocks: LocalBlocks;

  private constructor(memory: WebAssembly.Memory) {
    this.#blocks = new LocalBlocks(memory);
  }

  /** @param options.capacity pictures; beyond it `append` answers false. @throws {RangeError} beyond 3 million. */
  static create({ capacity = DEFAULT_CAPACITY }: { capacity?: number } = {}): LocalIndex {
    return new LocalIndex(LocalBlocks.allocate(capacity));
  }

  static view({ memory }: SharedLocalFeatures): LocalIndex {
    return new LocalIndex(memory);
  }

  get shared(): SharedLocalFeatures {
    return { memory: this.#blocks.memory };
  }

  /** Whether it looks into the memory of that handle. */
  shares({ memory }: SharedLocalFeatures): boolean {
    return LocalBlocks.identityOf(memory) === LocalBlocks.identityOf(this.#blocks.memory);
  }

  get size(): number {
    return this.#blocks.size;
  }

  get capacity(): number {
    return this.#blocks.capacity;
  }

  get isFull(): boolean {
    return this.size >= this.capacity;
  }

  /**
   * @param evidence null for a picture without: it takes its position, and is nobody's candidate.
   * @returns whether there was room.
   */
  append(evidence: Uint8Array | null): boolean {
    if (this.isFull) return false;
    this.#blocks.append(evidence ? keysToKeep(evidence) : NO_KEYS);
    return true;
  }

  /** The pictures that share most with one, as it is or mirrored. */
  candidates(evidence: Uint8Array, options: LocalOptions = {}): LocalCandidate[] {
    return this.candidatesOfEach([{ evidence, ...options }])[0]!;
  }

  /** The same of many queries, which take each block of memory together while it is in the processor's cache. */
  candidatesOfEach(queries: readonly LocalQuery[]): LocalCandidate[][] {
    const { size } = this;
    const found = queries.map(() => new Map<number, LocalCandidate>());
    const bounds = queries.map(({ from = 0, below = size }) => ({ from, below: Math.min(size, below) }));
    const section = BLOCKS_A_FILTER * BLOCK;
    for (let start = 0; start < size; start += section) {
      const asked = queries.map(({ evidence }, number) => {
        const { from, below } = bounds[number]!;
        if (from >= start + section || below <= start) return [];
        const { upright, mirrored } = keysToAsk(evidence);
        return [upright, mirrored].map((keys) => this.#blocks.filter(start / section, keys));
      });
      for (let first = start; first < Math.min(size, start + section); first += BLOCK) {
        asked.forEach((ways, number) => {
          const { from, below } = bounds[number]!;
          if (from >= first + BLOCK || below <= first) return;
          const { leastVotes = LEAST_VOTES } = queries[number]!;
          const range = { from: from - first, below: below - first };
          for (const keys of ways) {
            this.#vote(first / BLOCK, size, { ...range, keys, leastVotes }, (candidate) => {
              const known = found[number]!.get(candidate.position);
              if (!known || bestFirst(candidate, known) < 0) found[number]!.set(candidate.position, candidate);
            });
          }
        });
      }
    }
    return found.map((candidates, number) => choose([...candidates.values()], queries[number]!.limit ?? DEFAULT_LIMIT));
  }

  /** First by all keys, then, of the few that have enough, by those whose corners lie alike in both pictures. */
  #vote(
    block: number,
    size: number,
    { keys, from, below, leastVotes }: Asked,
    onFound: (candidate: LocalCandidate) => void,
  ): void {
    const hits = this.#collectHits(block, size, keys);
    let count = 0;
    for (let hit = 0; hit < hits; hit++) {
      const picture = hitPictures[hit]!;
      if (totals[picture]! < leastVotes || cornersHit[picture]! < LEAST_CORNERS) continue;
      if (picture < from || picture >= below) continue;
      if (heads[picture] === 0) promising[count++] = picture;
      nextHits[hit] = heads[picture]!;
      heads[picture] = hit + 1;
    }
    for (let hit = 0; hit < hits; hit++) {
      const picture = hitPictures[hit]!;
      totals[picture] = cornersHit[picture] = lastCorners[picture] = 0;
    }
    const { places } = this.#blocks;
    for (let index = 0; index < count; index++) {
      const picture = promising[index]!;
      const position = block * BLOCK + picture;
      const otherStart = this.#blocks.placesAt(position);
      pairs.clear();
      for (let at = heads[picture]!; at > 0; at = nextHits[at - 1]!) {
        pairs.add(hitOwn[at - 1]!, keys.places, hitOther[at - 1]!, places, otherStart, hitWeights[at - 1]!);
      }
      heads[picture] = 0;
      const { corners, votes } = pairs.agreed();
      if (corners >= LEAST_CORNERS) onFound({ position, corners, votes });
    }
  }

  /** Leaves what each picture's keys tell in `totals`. @returns how many hits there are. */
  #collectHits(block: number, size: number, query: LocalKeys): number {
    const pictures = Math.min(BLOCK, size - block * BLOCK);
    let [hits, weight, own] = [0, 0, 0];
    this.#blocks.search(
      block,
      size,
      query,
      (key, count) => {
        weight = weightOf(count, pictures);
        own = query.corners[key]!;
        return weight > 0 && hits + count <= MOST_HITS;
      },
      (picture, other) => {
        totals[picture]! += weight;
        // A corner's keys come one after the other.
        if (lastCorners[picture] !== own + 1) {
          lastCorners[picture] = own + 1;
          cornersHit[picture]!++;
        }
        hitPictures[hits] = picture;
        hitOwn[hits] = own;
        hitOther[hits] = other;
        hitWeights[hits++] = weight;
      },
    );
    return hits;
  }
}

/** The best first; any two pictures may have two corners that lie alike. */
function choose(found: LocalCandidate[], limit: number): LocalCandidate[] {
  const sorted = found.sort(bestFirst);
  const sure = sorted.findIndex(({ corners }) => corners < SURE_CORNERS);
  return sure < 0
    ? sorted.slice(0, limit)
    : sorted.slice(0, Math.min(limit, sure + Math.ceil(SHARE_OF_UNSURE * limit)));
}

const bestFirst = (a: LocalCandidate, b: LocalCandidate) =>
  b.corners - a.corners || b.votes - a.votes || a.position - b.position;
