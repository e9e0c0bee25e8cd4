import type { Evidence } from '../fingerprint/evidence.js';
import type { PairMeasures, PixelMeasures } from './measure-pair.js';
import type { Relation } from './pair-match.js';

/**
 * Logistic regression, fitted on pairs of pictures whose sources lie on one side of a split; CALIBRATION.md tells on what
 * and how it fares on the other side.
 */
const INTERCEPT = -1.81;
const WEIGHTS = [0.83, 1.47, 3.7, 2.82, -0.16, 5, 0.22, -3.95, 3.76, 0.56, 0.13, -3.15, 2.25, -5.73] as const;
/** Distance of hashes at which bits alone make a duplicate, and one at which they say nothing. */
const HASH_DUPLICATE = 31;
const HASH_UNRELATED = 42;
export const SCORE_OF_DUPLICATE = 0.85;
const LEAST_QUALITY = 50;
/** Fewer blocks of detail than this tell nothing: flat pictures, gradients, glows. */
const LEAST_BLOCKS = 4;
/** Without local features it takes this much detail to know a scene again: glows and skies are all alike. */
const LEAST_SCENE_BLOCKS = 28;
/** From so many features on that agree on one map, it is the same scene; features of text and lines agree by chance. */
const SCENE_INLIERS = 12;

/**
 * What the score of two pictures depends on: how many blocks are equal, alike, and alike but not equal (another shot, a
 * form filled in otherwise); colours, brightness and details as a whole, which say more where fewer blocks are equal,
 * since a logo may change the whole but no other part; local features; whether there are too few blocks to tell, or many
 * that are equal; and whether each picture shows what the other does not, as another shot does and a crop does not.
 */
export function featuresOf({
  blockAgreement,
  closeAgreement,
  chroma,
  chromaDifference,
  tone,
  ncc,
  blocks,
  inliers,
  firstCoverage,
  secondCoverage,
}: PixelMeasures): number[] {
  const few = clamp((44 - blocks) / 20, 0, 1) * clamp((0.95 - closeAgreement) * 10, 0, 1);
  const doubt = clamp((0.85 - closeAgreement) * 5 + few, 0, 1);
  const colours = chroma === null ? 0 : clamp((chroma - 0.85) * 5, -3, 0.75);
  const otherColours = chroma === null ? 0 : clamp(chroma - 0.2, -1, 0);
  const brightness = clamp((tone - 0.94) * 10, -1.5, 0.5);
  return [
    clamp((closeAgreement - 0.5) * 2, -1, 1),
    clamp((blockAgreement - 0.7) * 3, -2, 1),
    colours * doubt,
    (Math.max(-0.3, colours) + 3 * otherColours) * (1 - doubt),
    clamp((inliers ?? 0) / 20, 0, 1),
    clamp(((inliers ?? 0) - 56) / 24, 0, 1),
    3 * (blockAgreement - closeAgreement),
    clamp((14 - blocks) / 8, 0, 1),
    brightness * doubt,
    brightness * (1 - doubt),
    clamp((ncc - 0.8) * 5, -1, 1) * doubt,
    clamp((chromaDifference ?? 0) / 15, 0, 2) * doubt,
    clamp((closeAgreement - 0.76) * 8, 0, 1) * clamp((blocks - 16) / 16, 0, 1),
    clamp((0.95 - Math.max(firstCoverage, secondCoverage)) * 8, 0, 1) * doubt,
  ];
}

/** 0…1 without the ends: how sure it is that the pictures are made from one. */
export function scoreOfPixels(pixels: PixelMeasures): number {
  if (pixels.blocks < LEAST_BLOCKS) return 0;
  const sum = featuresOf(pixels).reduce((total, feature, index) => total + WEIGHTS[index]! * feature, INTERCEPT);
  return 1 / (1 + Math.exp(-sum));
}

/** The relation of pictures with that score, and the score that it stands for. A near-shot stays below a duplicate. */
export function judge(pixels: PixelMeasures): { relation: Relation; score: number } {
  const score = isOtherPage(pixels) ? Math.min(scoreOfPixels(pixels), MOST_OF_OTHER_PAGE) : scoreOfPixels(pixels);
  if (score >= SCORE_OF_DUPLICATE || !isSameScene(pixels)) return { relation: 'copy', score };
  return { relation: 'near_shot', score: 0.5 + 0.34 * clamp(pixels.blockAgreement, 0, 1) };
}

/** Forms are filled in otherwise by a few strokes: of two pages more is asked than that most blocks are equal. */
function isOtherPage({ chroma, ncc, first, second }: PixelMeasures): boolean {
  return chroma === null && ncc < PAGE_NCC && isPage(first) && isPage(second);
}

/** Mostly paper. */
function isPage({ luma }: Evidence): boolean {
  let bright = 0;
  for (const value of luma) if (value >= PAPER) bright++;
  return bright >= PAPER_SHARE * luma.length;
}

function isSameScene({ ncc, tone, blockAgreement, inliers, blocks }: PixelMeasures): boolean {
  if (blocks < LEAST_BLOCKS) return false;
  const byFeatures = (inliers ?? 0) >= SCENE_INLIERS && ncc >= 0.4 && blockAgreement >= 0.5;
  if (byFeatures && tone >= 0.8) return true;
  return blocks >= LEAST_SCENE_BLOCKS && ncc >= 0.7 && blockAgreement >= 0.75 && tone >= 0.9;
}

const PAGE_NCC = 0.97;
const PAPER = 200;
const PAPER_SHARE = 0.6;
const MOST_OF_OTHER_PAGE = 0.8;

/**
 * The score where one of both pictures is known by its hash alone; strictly falling with the distance. 31 bits are the
 * distance that PDQ's makers call a match.
 */
export function scoreOfHashes(pdqDistance: PairMeasures['pdqDistance']): number {
  const steepness = Math.log(SCORE_OF_DUPLICATE / (1 - SCORE_OF_DUPLICATE)) / (HASH_UNRELATED - HASH_DUPLICATE);
  return 1 / (1 + Math.exp(steepness * (pdqDistance - HASH_UNRELATED)));
}

/** Whether a hash rests on enough structure to be believed without a look at the pixels. */
export const isTrusted = (quality: number | null | undefined) => (quality ?? 100) >= LEAST_QUALITY;

const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value));
