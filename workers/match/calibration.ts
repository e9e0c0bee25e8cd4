import type { Evidence } from '../fingerprint/evidence.js';
import { GRID } from '../fingerprint/tent-grid.js';
import { CANDIDATE_RADIUS } from './fingerprint-index.js';
import type { PairMeasures, PixelMeasures } from './measure-pair.js';
import type { Relation } from './pair-match.js';

/**
 * Logistic regression, fitted on pairs of pictures from other sources than the benchmark's; CALIBRATION.md tells which, and
 * how it fares on these.
 */
const INTERCEPT = 2.62;
export const WEIGHTS = [
  1.34, 1.7, 1.12, -0.67, -3.1, -3.42, 5.41, 1.81, 2.31, -0.51, 4, 1.56, -1.35, -0.66, 1.6, 1.79, 1.75, -5.56, -2.03,
  -5.69, -2.12, -4.01, 1.06, -2.77, -0.75,
] as const;
/** Distance of hashes at which bits alone make a duplicate, and one at which they say nothing. */
const HASH_DUPLICATE = 31;
const HASH_UNRELATED = 42;
export const SCORE_OF_DUPLICATE = 0.85;
const LEAST_QUALITY = 50;
/** Fewer blocks of detail than this tell nothing: flat pictures, gradients, glows. */
const LEAST_BLOCKS = 4;
/** Without local features it takes this much detail to know a scene again: glows and skies are all alike. */
const LEAST_SCENE_BLOCKS = 28;
/** Details less contrasty than this beside all contrast are those of gradients and skies, of which one is like another. */
const SMOOTH = 0.12;
const HASH_OF_LOOSE = 20;
const CLOSE_OF_SMOOTH = 0.75;
/** And so where features do not know the picture again: of 15,600 copies of photos none is smoother. */
const SMOOTH_AT_ALL = 0.155;
/** Nor does the hash, from here on. */
const HASH_UNLIKE = 60;
const SMOOTH_CLOUD = 0.26;
const SMOOTH_ONE_HUE = 0.42;
const CLOUD_BLOCKS = 18;
const GLOW_BLOCKS = 40;
const OTHER_COLOURS = 4.5;
const SMOOTH_LARGE = 0.45;
const LARGE_GLOW_BLOCKS = 56;
const FAR_COLOURS = 8;
/** And where a scene may be shot again that features do not know: the hash does not either, or it is a candidate's. */
const SMOOTH_SCENE = 0.3;
const SMOOTH_BACKDROP = 0.2;
/** What agrees in fewer of its blocks than this agrees in its outline alone. */
const LEAST_AGREEING = 0.4;
/** From so many features on that agree on one map, it is the same scene; features of text and lines agree by chance. */
const SCENE_INLIERS = 12;

/**
 * What the score of two pictures depends on: how far details, blocks and brightness agree; how much there is to agree, which
 * matters less where features agree or one lies where the other seemed to show a picture; how many local features say so,
 * and of how many that could; the distance of the hashes; colours, which say less where much detail is equal, as in a
 * sepia copy; and whether each picture shows what the other does not, and blocks strain against the map, as in another
 * shot of one scene; and what is inside where little more than an outline is to be seen, whether it is as bright and of that
 * colour: garments of one cut before a plain wall have their outline in common.
 */
export function featuresOf(pixels: PixelMeasures, pdqDistance: number): number[] {
  const { ncc, tone, blockAgreement, closeAgreement, strain, blocks, inliers, inlierShare, chroma } = pixels;
  const apart = 1 - Math.max(pixels.firstCoverage, pixels.secondCoverage);
  const exact = clamp((closeAgreement - 0.9) * 10, 0, 1) * clamp((ncc - 0.95) * 20, 0, 1);
  const rich = clamp((blocks - 44) / 12, 0, 1) * clamp((ncc - 0.9) * 12, 0, 1);
  // Toning takes a picture of one hue to another, though not from red to blue, and no other picture has so much equal detail.
  const telling = pixels.isToned
    ? 1 - rich * clamp((65 - (pixels.chromaDifference ?? 0)) / 20, 0, 1)
    : (1 - sameShot(pixels, pdqDistance)) * (1 - sameColours(pixels));
  const colour = chroma === null ? 0 : clamp(chroma - 0.9, -1.5, 0.1) * telling;
  const few = clamp((36 - blocks) / 20, 0, 1);
  const loose = clamp((0.96 - ncc) * 15, 0, 1);
  const firmInset = pixels.isInset ? firmnessOf(pixels) : 0;
  const outlined = clamp((44 - blocks) / 10, 0, 1) * clamp((0.45 - pixels.roughness) * 10, 0, 1);
  return [
    -Math.log(1.03 - ncc) - 2,
    -Math.log(1.05 - blockAgreement) - 2,
    -Math.log(1.02 - tone) - 2,
    -Math.log(1.1 - closeAgreement) - 1,
    clamp((14 - blocks) / 8, 0, 1),
    few,
    inliers === null ? 0 : few,
    firmInset * few,
    firmInset,
    clamp((inliers ?? 0) / 40, 0, 1),
    clamp(((inliers ?? 0) - 56) / 24, 0, 1),
    inlierShare === null ? 0 : clamp(inlierShare, 0, 0.7) - 0.35,
    inlierShare === null ? 0 : clamp((0.4 - inlierShare) * 6, 0, 1.5) * loose,
    clamp((90 - pdqDistance) / 60, 0, 1),
    clamp((52 - pdqDistance) / 20, 0, 1) * (1 - few),
    colour * (1 - exact),
    colour * exact,
    clamp((pixels.chromaDifference ?? 0) / 15, 0, 2) * telling,
    chroma === null ? 1 : 0,
    clamp(apart * 8, 0, 1),
    clamp(apart * 6, 0, 1) * loose,
    clamp(strain * 8, 0, 2),
    pixels.patched > 0 ? 1 : 0,
    outlined * clamp((Math.abs(Math.log(Math.abs(pixels.gain))) - 0.05) * 2.5, 0, 1.5),
    outlined * clamp(((pixels.chromaDifference ?? 0) - 3) / 5, 0, 1.5),
  ];
}

/**
 * 0…1: whether noise and folds are equal all over and the hash, which knows no colours, is too: no other garment of that
 * cut has them. It was recoloured then, to whatever colours.
 */
export function sameShot({ blocks, ncc, closeAgreement, strain, patched }: PixelMeasures, pdqDistance: number): number {
  if (patched > 0) return 0;
  return (
    clamp((blocks - 50) / 10, 0, 1) *
    clamp((ncc - 0.95) * 50, 0, 1) *
    clamp((closeAgreement - 0.75) * 12, 0, 1) *
    clamp(1.5 - strain * 100, 0, 1) *
    clamp((HASH_UNRELATED - pdqDistance) / (HASH_UNRELATED - HASH_DUPLICATE), 0, 1)
  );
}

/** 0…1: whether much detail is equal, or known by its features, and colours are in proportion: more saturated, some clipped. */
export function sameColours({ blocks, ncc, inlierShare, chroma }: PixelMeasures): number {
  const known = Math.max(clamp((ncc - 0.9) * 12, 0, 1), clamp(((inlierShare ?? 0) - 0.3) * 5, 0, 1));
  return clamp((blocks - 44) / 12, 0, 1) * known * clamp(((chroma ?? 0) - 0.95) * 40, 0, 1);
}

/** 0…1: whether what lies where a picture seemed to be agrees as that picture would. Smooth pictures fit anywhere. */
export function firmnessOf({ closeAgreement, ncc, roughness }: PixelMeasures): number {
  return clamp((closeAgreement - 0.5) * 3, 0, 1) * clamp((ncc - 0.85) * 10, 0, 1) * clamp((roughness - 0.15) * 8, 0, 1);
}

/** Too little detail, or a smooth gradient that hash, colours and details do not all know again. */
export function saysNothing(pixels: PixelMeasures, pdqDistance: number): boolean {
  const { blocks, roughness, inliers, closeAgreement } = pixels;
  if (blocks < LEAST_BLOCKS) return true;
  if (roughness < SMOOTH) {
    const isLoose = pdqDistance > HASH_OF_LOOSE && closeAgreement < CLOSE_OF_SMOOTH;
    return pdqDistance > HASH_DUPLICATE || isLoose || isOfOtherColours(pixels);
  }
  if (inliers !== null) return false;
  if (roughness < SMOOTH_AT_ALL) return pdqDistance > HASH_UNLIKE || isOfOtherColours(pixels);
  return pdqDistance > HASH_UNLIKE && isGlow(pixels);
}

/** Somewhat rough, but in few places, or in some and in other colours: one end of a gradient, a cloud. */
function isGlow(pixels: PixelMeasures): boolean {
  const { blocks, roughness, isToned } = pixels;
  const isCloud = blocks < CLOUD_BLOCKS && roughness < (isToned ? SMOOTH_ONE_HUE : SMOOTH_CLOUD);
  const isOfLittle = blocks < GLOW_BLOCKS && roughness < SMOOTH_SCENE && isOfOtherColours(pixels);
  const isLarge = blocks < LARGE_GLOW_BLOCKS && roughness < SMOOTH_LARGE && isOfOtherColours(pixels, FAR_COLOURS);
  return isCloud || isOfLittle || isLarge;
}

const isOfOtherColours = ({ chromaDifference }: PixelMeasures, from = OTHER_COLOURS) => (chromaDifference ?? 0) > from;

/** 0…1 without the ends: how sure it is that the pictures are made from one. */
export function scoreOfPixels(pixels: PixelMeasures, pdqDistance: number): number {
  if (saysNothing(pixels, pdqDistance)) return 0;
  const features = featuresOf(pixels, pdqDistance);
  const sum = features.reduce((total, feature, index) => total + WEIGHTS[index]! * feature, INTERCEPT);
  return 1 / (1 + Math.exp(-sum));
}

/** The relation of pictures with that score, and the score that it stands for. A near-shot stays below a duplicate. */
export function judge(pixels: PixelMeasures, pdqDistance: number): { relation: Relation; score: number } {
  const measured = scoreOfPixels(pixels, pdqDistance);
  const isOther = isOtherPage(pixels) || pixels.blockAgreement < LEAST_AGREEING;
  const score = isOther ? Math.min(measured, MOST_OF_OTHER) : measured;
  if (score >= SCORE_OF_DUPLICATE || !isSameScene(pixels, pdqDistance)) return { relation: 'copy', score };
  return { relation: 'near_shot', score: 0.5 + 0.34 * clamp(pixels.blockAgreement, 0, 1) };
}

/**
 * Forms are filled in otherwise by a few strokes, in one place maybe, and charts are drawn in one style: of two pages more
 * is asked than that most blocks are equal. Of a form most features are those of what it is filled in with.
 */
function isOtherPage(pixels: PixelMeasures): boolean {
  const { chroma, saturation, ncc, patched, inliers, inlierShare } = pixels;
  const areGrey = chroma === null && saturation === null;
  const isOtherForm = areGrey && (patched > 0 || (ncc < PAGE_NCC && (inlierShare ?? 0) < PAGE_SHARE));
  const isAlikeChart = ncc >= ALIKE_CHART_NCC && (ncc >= CHART_NCC || pixels.closeAgreement >= CHART_CLOSE);
  const isOtherChart = chroma === null ? !areGrey && ncc < GREYED_NCC : inliers === null && !isAlikeChart;
  const isOther = isOtherForm || isOtherChart;
  return isOther && arePages(pixels);
}

const arePages = ({ first, second }: PixelMeasures) => isPage(first) && isPage(second);

/** Mostly paper, what was cut away around it too where that is paper. */
function isPage({ luma, content: [left, top, right, bottom] }: Evidence): boolean {
  const area = (right - left) * (bottom - top);
  const paper = area * brightShare(luma, EVERYWHERE) + (brightShare(luma, RIM) >= PAPER_SHARE ? 1 - area : 0);
  return paper >= PAPER_SHARE;
}

function brightShare(luma: Uint8Array, places: readonly number[]): number {
  let bright = 0;
  for (const place of places) if (luma[place]! >= PAPER) bright++;
  return bright / places.length;
}

const EVERYWHERE = Array.from({ length: GRID * GRID }, (_, place) => place);
const RIM = EVERYWHERE.filter((place) => {
  const [x, y] = [place % GRID, Math.floor(place / GRID)];
  return Math.min(x, y) === 0 || Math.max(x, y) === GRID - 1;
});

/** Pages, charts and forms are no scenes: they look alike wherever they come from. */
function isSameScene(pixels: PixelMeasures, pdqDistance: number): boolean {
  const { ncc, tone, blockAgreement, inliers, blocks, roughness } = pixels;
  if (blocks < LEAST_BLOCKS || roughness < SMOOTH_AT_ALL || arePages(pixels)) return false;
  if (inliers === null && pdqDistance <= CANDIDATE_RADIUS && roughness < SMOOTH_BACKDROP) return false;
  if (inliers === null && pdqDistance > CANDIDATE_RADIUS && (roughness < SMOOTH_SCENE || isOfOtherColours(pixels))) {
    return false;
  }
  const byFeatures = (inliers ?? 0) >= SCENE_INLIERS && ncc >= 0.4 && blockAgreement >= 0.5;
  if (byFeatures && tone >= 0.8) return true;
  return blocks >= LEAST_SCENE_BLOCKS && ncc >= 0.7 && blockAgreement >= 0.75 && tone >= 0.9;
}

const PAGE_NCC = 0.975;
const PAGE_SHARE = 0.5;
const GREYED_NCC = 0.96;
const ALIKE_CHART_NCC = 0.9;
const CHART_NCC = 0.94;
const CHART_CLOSE = 0.8;
const PAPER = 200;
const PAPER_SHARE = 0.6;
const MOST_OF_OTHER = 0.45;

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
