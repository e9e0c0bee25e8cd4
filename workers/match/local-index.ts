import { BLOCK, BLOCKS_A_FILTER, LocalBlocks } from './local-blocks.js';
import { keysToAsk, keysToKeep, LEVEL_BITS, type LocalKeys } from './local-keys.js';

/** Can be posted to another thread, which looks into the same memory by `LocalIndex.view`. */
export interface SharedLocalFeatures {
  memory: WebAssembly.Memory;
}

export interface LocalCandidate {
  position: number;
  /** How much the keys tell that both pictures have in one pose to each other, bits. */
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

/** Unrelated pictures seldom have more. */
export const LEAST_VOTES = 14;
/** A key that one in sixteen pictures has tells too little for the time that it takes: text, windows, grids. */
const LEAST_WEIGHT = 4;
const DEFAULT_CAPACITY = 200_000;
const DEFAULT_LIMIT = 40;
const MOST_HITS = 1 << 17;
const DIRECTIONS = 16;
const LEVELS = 1 << LEVEL_BITS;
const LEVEL_STEPS = 2 * LEVELS;
/** How rare a key is thought to be before any picture was seen. */
const PRIOR_PICTURES = 400;
const PRIOR_HITS = 2;

/** A thread asks one index at a time. Totals are 0 in between. */
const totalsOfPictures = new Float32Array(BLOCK);
const hitPictures = new Uint16Array(MOST_HITS);
const hitTurns = new Uint8Array(MOST_HITS);
const hitWeights = new Float32Array(MOST_HITS);

/**
 * Finds pictures that share parts, however small in the other or cut off, by keys of local features that are equal to the
 * bit and agree on how one picture lies in the other (weak geometric consistency; Jégou, Douze and Schmid, ECCV 2008).
 * About 2.6 kB of memory for each two pictures and 8 MB besides; one thread may append while others ask. Positions count
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
    this.#blocks.append(evidence ? keysToKeep(evidence) : { keys: new Uint32Array(0), poses: new Uint8Array(0) });
    return true;
  }

  /** The pictures that share most with one, as it is or mirrored. */
  candidates(evidence: Uint8Array, options: LocalOptions = {}): LocalCandidate[] {
    const { size } = this;
    const { from = 0, leastVotes = LEAST_VOTES, limit = DEFAULT_LIMIT } = options;
    const below = Math.min(size, options.below ?? size);
    const { upright, mirrored } = keysToAsk(evidence);
    const found = new Map<number, number>();
    const section = BLOCKS_A_FILTER * BLOCK;
    for (let start = from - (from % section); start < below; start += section) {
      for (const keys of [upright, mirrored]) {
        const query = this.#blocks.filter(start / section, keys);
        const first = Math.max(start, from - (from % BLOCK));
        for (let block = first / BLOCK; block * BLOCK < Math.min(below, start + section); block++) {
          for (const [picture, votes] of this.#votes(block, size, query, leastVotes)) {
            const position = block * BLOCK + picture;
            if (position < from || position >= below) continue;
            found.set(position, Math.max(votes, found.get(position) ?? 0));
          }
        }
      }
    }
    return [...found]
      .map(([position, votes]) => ({ position, votes }))
      .sort((a, b) => b.votes - a.votes || a.position - b.position)
      .slice(0, Math.max(0, limit));
  }

  /** First by all keys, then, of the few that have enough, by those that agree on one turn and one change of size. */
  #votes(block: number, size: number, query: LocalKeys, leastVotes: number): Map<number, number> {
    const totals = totalsOfPictures;
    const pictures = Math.min(BLOCK, size - block * BLOCK);
    let hits = 0;
    let weight = 0;
    let pose = 0;
    this.#blocks.search(
      block,
      size,
      query,
      (key, count) => {
        weight = Math.log2((pictures + PRIOR_PICTURES) / (count + PRIOR_HITS));
        pose = query.poses[key]!;
        return weight >= LEAST_WEIGHT && hits + count <= MOST_HITS;
      },
      (picture, other) => {
        totals[picture]! += weight;
        hitPictures[hits] = picture;
        hitTurns[hits] = turnBetween(pose, other);
        hitWeights[hits++] = weight;
      },
    );
    const votes = new Map<number, number>();
    if (hits === 0) return votes;
    const histograms = new Map<number, Float32Array>();
    for (let hit = 0; hit < hits; hit++) {
      const picture = hitPictures[hit]!;
      if (totals[picture]! < leastVotes) continue;
      let histogram = histograms.get(picture);
      if (!histogram) histograms.set(picture, (histogram = new Float32Array(DIRECTIONS * LEVEL_STEPS)));
      histogram[hitTurns[hit]!]! += hitWeights[hit]!;
    }
    for (let hit = 0; hit < hits; hit++) totals[hitPictures[hit]!] = 0;
    for (const [picture, histogram] of histograms) {
      const most = strongestTurn(histogram);
      if (most >= leastVotes) votes.set(picture, most);
    }
    return votes;
  }
}

function turnBetween(pose: number, other: number): number {
  const directions = (other >> LEVEL_BITS) - (pose >> LEVEL_BITS);
  const levels = (other & (LEVELS - 1)) - (pose & (LEVELS - 1));
  return (directions & (DIRECTIONS - 1)) * LEVEL_STEPS + levels + LEVELS;
}

/** The most in two neighbouring directions and two neighbouring changes of size: what one turn spreads over. */
function strongestTurn(histogram: Float32Array): number {
  let most = 0;
  for (let direction = 0; direction < DIRECTIONS; direction++) {
    const next = ((direction + 1) % DIRECTIONS) * LEVEL_STEPS;
    const own = direction * LEVEL_STEPS;
    for (let level = 0; level + 1 < LEVEL_STEPS; level++) {
      const sum =
        histogram[own + level]! + histogram[own + level + 1]! + histogram[next + level]! + histogram[next + level + 1]!;
      if (sum > most) most = sum;
    }
  }
  return most;
}
