/** A pair by the places of its pictures in the set. */
export interface RatedPair {
  one: number;
  other: number;
  /** The higher, the more alike: a score, or a distance taken negative. */
  strength: number;
}

export const STRICTEST_RATE = 1e-6;
const KEPT = 10_000;

/** The most alike of the wrong pairs that were seen; what is far below them is counted only. */
export class WrongPairs {
  private pairs: RatedPair[] = [];
  /** A pair below this strength would not be kept. */
  least = -Infinity;

  add(pair: RatedPair): void {
    if (pair.strength < this.least) return;
    this.pairs.push(pair);
    if (this.pairs.length >= 2 * KEPT) this.trim();
  }

  /** Most alike first. */
  sorted(): RatedPair[] {
    this.trim();
    return this.pairs;
  }

  private trim(): void {
    this.pairs.sort((one, other) => other.strength - one.strength);
    if (this.pairs.length <= KEPT) return;
    this.pairs.length = KEPT;
    this.least = this.pairs[KEPT - 1]!.strength;
  }
}

export interface Evaluation {
  tool: string;
  /** Wrong pairs among the pictures, each counted once, whether or not a search looked at it more closely. */
  wrongPairs: number;
  /** Most alike first. */
  wrong: RatedPair[];
  /** Every copy with its original. */
  right: RatedPair[];
  /** At and above this strength the tool itself speaks of copies. */
  ownThreshold: number;
  /** The strength of a pair that the tool does not report at all; none where it rates every pair. */
  unrelated?: number;
  hardSets: HardSetReport[];
}

export interface HardSetReport {
  name: string;
  pairs: number;
  /** Wrong pairs within the set that the tool calls copies by its own threshold. */
  reported: number;
  /** Pairs that show one scene and are called copies: the next frame. */
  nextFrames: number;
  /** Pairs called near-shots, where the tool knows such. */
  nearShots: number;
}

/** Strengths above the returned one are met by at most `rate` of the wrong pairs. */
export function thresholdAt({ wrong, wrongPairs, unrelated = -Infinity }: Evaluation, rate: number): number {
  return wrong[Math.floor(rate * wrongPairs)]?.strength ?? unrelated;
}

/** Share of the pairs found, by kind of the second picture. */
export function recallByKind(
  pairs: readonly RatedPair[],
  kindOf: (picture: number) => string,
  found: (strength: number) => boolean,
): Map<string, number> {
  const counts = new Map<string, { all: number; found: number }>();
  for (const { other, strength } of pairs) {
    const count = counts.get(kindOf(other)) ?? { all: 0, found: 0 };
    count.all++;
    if (found(strength)) count.found++;
    counts.set(kindOf(other), count);
  }
  return new Map([...counts].map(([kind, count]) => [kind, count.found / count.all]));
}

export const macro = (recall: ReadonlyMap<string, number>): number =>
  [...recall.values()].reduce((sum, value) => sum + value, 0) / recall.size;
