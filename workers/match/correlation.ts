import type { Sums } from './sampling.js';

/** Details fainter than this, in grey values, are noise. */
export const NOISE = 0.45;

export const noSums = (): Sums => ({ count: 0, a: 0, b: 0, aa: 0, bb: 0, ab: 0 });

export function add(sums: Sums, a: number, b: number): void {
  sums.count++;
  sums.a += a;
  sums.b += b;
  sums.aa += a * a;
  sums.bb += b * b;
  sums.ab += a * b;
}

export type Moments = ReturnType<typeof momentsOf>;

export function momentsOf({ count, a, b, aa, bb, ab }: Sums) {
  return {
    varianceA: Math.max(0, aa / count - (a / count) ** 2),
    varianceB: Math.max(0, bb / count - (b / count) ** 2),
    covariance: ab / count - (a / count) * (b / count),
  };
}

/** @param floor variance that is taken for noise in both. */
export function correlation(sums: Sums, floor: number): number {
  const { varianceA, varianceB, covariance } = momentsOf(sums);
  return covariance / Math.sqrt((varianceA + floor) * (varianceB + floor));
}
