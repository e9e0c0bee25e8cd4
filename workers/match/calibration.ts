import type { PairMeasures, PixelMeasures } from './measure-pair.js';

/** Logistic regression: the score is 1 / (1 + e^-(intercept + Σ weight · feature)). */
const INTERCEPT = -14;
const WEIGHTS = [4, 8, 3, 3, 4, 2, 2, 1] as const;
/** Distance of hashes at which bits alone make a duplicate, and one at which they say nothing. */
const HASH_DUPLICATE = 31;
const HASH_UNRELATED = 42;
const SCORE_OF_DUPLICATE = 0.85;
const LEAST_QUALITY = 50;

/** What the score of two pictures with evidence depends on, each about 0…1. */
export function featuresOf({ pdqDistance, cosine }: PairMeasures, pixels: PixelMeasures): number[] {
  const { ncc, blockAgreement, closeAgreement, tone, chroma, blocks, squeeze, inliers } = pixels;
  return [
    ncc,
    blockAgreement,
    closeAgreement,
    tone,
    chroma ?? 0.85,
    Math.max(0, 1 - pdqDistance / 100),
    Math.max(0, cosine ?? 0),
    Math.min(1, (inliers ?? 0) / 20) + Math.min(1, blocks / 24) - Math.min(1, squeeze - 1),
  ];
}

/** 0…1 without the ends: how sure it is that the pictures are made from one. */
export function scoreOfPixels(measures: PairMeasures, pixels: PixelMeasures): number {
  const sum = featuresOf(measures, pixels).reduce(
    (total, feature, index) => total + WEIGHTS[index]! * feature,
    INTERCEPT,
  );
  return 1 / (1 + Math.exp(-sum));
}

/**
 * The score where one of both pictures is known by its hash alone; strictly falling with the distance. 31 bits are the
 * distance that PDQ's makers call a match.
 */
export function scoreOfHashes(pdqDistance: number): number {
  const steepness = Math.log(SCORE_OF_DUPLICATE / (1 - SCORE_OF_DUPLICATE)) / (HASH_UNRELATED - HASH_DUPLICATE);
  return 1 / (1 + Math.exp(steepness * (pdqDistance - HASH_UNRELATED)));
}

/** Whether a hash rests on enough structure to be believed without a look at the pixels. */
export const isTrusted = (quality: number | null | undefined) => (quality ?? 100) >= LEAST_QUALITY;
