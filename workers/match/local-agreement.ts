import {
  ANGLE_OF_PLACE,
  KEPT_FEATURES,
  LEVEL_OF_PLACE,
  LONGER_SIDE,
  MOST_ASKED_FEATURES,
  PLACE_BYTES,
} from './local-keys.js';

/** How much of the corners' pairs one way of laying a picture on the other explains. */
export interface CornersAgreed {
  /** Corners in places of their own. */
  corners: number;
  /** What their keys tell, bits. */
  votes: number;
}

/** Pairs that are looked at. */
const MOST_PAIRS = 1024;
/** So many of them say in their turn how one picture lies in the other, and are asked who agrees. */
const MOST_LEADERS = 24;
/** Where so many agree, nobody else is asked. */
const ENOUGH = 12;
/** How far from where it should be a corner may lie, in shares of the longer side, and of its way from the leader. */
const TOLERANCE = 0.03;
const SLACK = 0.12;
const LEAST_SCALE = 0.35;
const MOST_TURN = 10;
const MOST_LEVELS = 1;
/** Corners of one place in several sizes are one. */
const APART = 0.04 * LONGER_SIDE;

const MOST_LEVEL = 255;
/** For each change of level. */
const scales = Float64Array.from({ length: 2 * MOST_LEVEL + 1 }, (_, at) => 2 ** ((at - MOST_LEVEL) / 2));
const cosines = Float64Array.from({ length: 256 }, (_, turn) => Math.cos((turn / 128) * Math.PI));

/**
 * Pairs of corners, of the query and of another picture, that have keys in common: how many agree on one similarity, on
 * turn, size and shift (geometric consistency; Philbin et al., CVPR 2007). Used over and over.
 */
export class CornerPairs {
  count = 0;
  readonly #own = new Uint8Array(MOST_PAIRS);
  readonly #other = new Uint8Array(MOST_PAIRS);
  readonly #weights = new Float32Array(MOST_PAIRS);
  readonly #ownX = new Int16Array(MOST_PAIRS);
  readonly #ownY = new Int16Array(MOST_PAIRS);
  readonly #otherX = new Int16Array(MOST_PAIRS);
  readonly #otherY = new Int16Array(MOST_PAIRS);
  readonly #turns = new Uint8Array(MOST_PAIRS);
  readonly #levels = new Int16Array(MOST_PAIRS);
  /** Whoever agrees with the leader in hand, by numbers of pairs, and which corners of the other picture are taken. */
  readonly #followers = new Uint16Array(MOST_ASKED_FEATURES);
  readonly #taken = new Uint8Array(KEPT_FEATURES);
  readonly #agreed: CornersAgreed = { corners: 0, votes: 0 };

  clear(): void {
    this.count = 0;
  }

  /** @param own number of the query's corner. @param weight what the key that they have in common tells, bits. */
  add(own: number, ownPlaces: Uint8Array, other: number, otherPlaces: Uint8Array, otherStart: number, weight: number) {
    const last = this.count - 1;
    // Keys of one corner in both pictures count together.
    if (last >= 0 && this.#own[last] === own && this.#other[last] === other) {
      this.#weights[last]! += weight;
      return;
    }
    if (this.count === MOST_PAIRS) return;
    const pair = this.count++;
    const [a, b] = [own * PLACE_BYTES, otherStart + other * PLACE_BYTES];
    this.#own[pair] = own;
    this.#other[pair] = other;
    this.#weights[pair] = weight;
    this.#ownX[pair] = ownPlaces[a]!;
    this.#ownY[pair] = ownPlaces[a + 1]!;
    this.#otherX[pair] = otherPlaces[b]!;
    this.#otherY[pair] = otherPlaces[b + 1]!;
    this.#turns[pair] = otherPlaces[b + ANGLE_OF_PLACE]! - ownPlaces[a + ANGLE_OF_PLACE]!;
    this.#levels[pair] = otherPlaces[b + LEVEL_OF_PLACE]! - ownPlaces[a + LEVEL_OF_PLACE]!;
  }

  /** The most that agree, two at least or none. Lent until the next call. */
  agreed(): Readonly<CornersAgreed> {
    this.#agreed.corners = this.#agreed.votes = 0;
    const step = Math.max(1, this.count / MOST_LEADERS);
    for (let leader = 0; leader < this.count && this.#agreed.corners < ENOUGH; leader += step) {
      this.#follow(Math.floor(leader));
    }
    return this.#agreed;
  }

  /** Counts who agrees with a leader, each corner once, and keeps the most. */
  #follow(leader: number): void {
    const [turn, levels] = [this.#turns[leader]!, this.#levels[leader]!];
    if (this.#countAlike(turn, levels) <= Math.max(1, this.#agreed.corners)) return;
    const scale = scales[levels + MOST_LEVEL]!;
    const [cos, sin] = [scale * cosines[turn]!, scale * cosines[(turn - 64) & 255]!];
    const tolerance = TOLERANCE * LONGER_SIDE * Math.min(1, Math.max(LEAST_SCALE, scale));
    let [corners, votes] = [0, 0];
    this.#taken.fill(0);
    for (let pair = 0; pair < this.count; pair++) {
      if (!this.#isAlike(pair, turn, levels)) continue;
      const dx = this.#ownX[pair]! - this.#ownX[leader]!;
      const dy = this.#ownY[pair]! - this.#ownY[leader]!;
      const offX = cos * dx - sin * dy - (this.#otherX[pair]! - this.#otherX[leader]!);
      const offY = sin * dx + cos * dy - (this.#otherY[pair]! - this.#otherY[leader]!);
      const reach = tolerance + SLACK * scale * Math.sqrt(dx * dx + dy * dy);
      if (offX * offX + offY * offY > reach * reach) continue;
      if (this.#taken[this.#other[pair]!] === 1 || !this.#isApart(pair, corners)) continue;
      this.#taken[this.#other[pair]!] = 1;
      this.#followers[corners++] = pair;
      votes += this.#weights[pair]!;
    }
    const best = this.#agreed;
    if (corners < best.corners || (corners === best.corners && votes <= best.votes)) return;
    best.corners = corners;
    best.votes = votes;
  }

  /** How many pairs are of one turn and one change of size: no more can agree. */
  #countAlike(turn: number, levels: number): number {
    let count = 0;
    for (let pair = 0; pair < this.count; pair++) if (this.#isAlike(pair, turn, levels)) count++;
    return count;
  }

  #isAlike(pair: number, turn: number, levels: number): boolean {
    return (
      ((this.#turns[pair]! - turn + MOST_TURN) & 255) <= 2 * MOST_TURN &&
      Math.abs(this.#levels[pair]! - levels) <= MOST_LEVELS
    );
  }

  /** Whether a pair's corner of the query lies away from those that were counted before. */
  #isApart(pair: number, counted: number): boolean {
    for (let number = 0; number < counted; number++) {
      const other = this.#followers[number]!;
      const dx = this.#ownX[pair]! - this.#ownX[other]!;
      const dy = this.#ownY[pair]! - this.#ownY[other]!;
      if (dx * dx + dy * dy < APART * APART) return false;
    }
    return true;
  }
}
