/** How well scores tell generated pictures from photos. Shares and areas are 0…1, NaN where a class is empty. */
export interface Metrics {
  generated: number;
  photos: number;
  /** Area under the ROC curve; a tie counts half. */
  auc: number;
  /** Average precision for the mix at hand, ties taken together. */
  averagePrecision: number;
  /** Share of the generated found where at most 1 % or 5 % of the photos are. */
  foundAt1: number;
  foundAt5: number;
  /** Shares at or above the threshold. */
  generatedFlagged: number;
  photosFlagged: number;
}

/** Where the platform's settings start. */
export const FLAGGED_AT = 0.8;

export function measure(generated: readonly number[], photos: readonly number[]): Metrics {
  return {
    generated: generated.length,
    photos: photos.length,
    auc: areaUnderRoc(generated, photos),
    averagePrecision: averagePrecision(generated, photos),
    foundAt1: foundAt(generated, photos, 0.01),
    foundAt5: foundAt(generated, photos, 0.05),
    generatedFlagged: shareOf(generated, (score) => score >= FLAGGED_AT),
    photosFlagged: shareOf(photos, (score) => score >= FLAGGED_AT),
  };
}

/** Mann and Whitney's statistic: how often a generated picture scores above a photo. */
export function areaUnderRoc(generated: readonly number[], photos: readonly number[]): number {
  let below = 0;
  let wins = 0;
  for (const { generated: here, photos: others } of byFallingScore(generated, photos).reverse()) {
    wins += here * (below + others / 2);
    below += others;
  }
  return wins / (generated.length * photos.length);
}

/** The mean, over the generated, of the precision at each one's own score. */
export function averagePrecision(generated: readonly number[], photos: readonly number[]): number {
  let [found, taken, sum] = [0, 0, 0];
  for (const { generated: here, photos: others } of byFallingScore(generated, photos)) {
    found += here;
    taken += here + others;
    sum += here * (found / taken);
  }
  return sum / generated.length;
}

/** The share of the generated above a threshold that at most a share of the photos are above. */
export function foundAt(generated: readonly number[], photos: readonly number[], falseAlarms: number): number {
  const sorted = photos.toSorted((a, b) => b - a);
  const threshold = sorted[Math.floor(falseAlarms * photos.length)] ?? NaN;
  return photos.length === 0 ? NaN : shareOf(generated, (score) => score > threshold);
}

export function shareOf<Item>(items: readonly Item[], isCounted: (item: Item) => boolean): number {
  return items.filter(isCounted).length / items.length;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How many of either have each score. */
function byFallingScore(generated: readonly number[], photos: readonly number[]) {
  const counts = new Map<number, { generated: number; photos: number }>();
  const countAt = (score: number) => {
    const count = counts.get(score) ?? { generated: 0, photos: 0 };
    counts.set(score, count);
    return count;
  };
  for (const score of generated) countAt(score).generated += 1;
  for (const score of photos) countAt(score).photos += 1;
  return [...counts].sort(([a], [b]) => b - a).map(([, count]) => count);
}
