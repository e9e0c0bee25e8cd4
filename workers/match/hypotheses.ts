import { compose, determinant, invert, ORIENTATION_MAPS, type Affine } from './affine.js';
import { refine } from './alignment.js';
import { add, correlation, noSums } from './correlation.js';
import { contentMap } from './local-match.js';
import { ORIENTATIONS } from './pair-match.js';
import { compareUnder, type Sums } from './sampling.js';
import { levelFor, type Level, type Thumbnail } from './thumbnail.js';

const COARSE_SIDE = 16;
/** Crops are looked for more coarsely, the most promising are looked at again. */
const CROP_SIDE = 8;
const CROPS_RATED_AGAIN = 10;
/**
 * Agreement below which nothing good comes of refining a whole picture, or a crop; what copies reach at 16 and at 32
 * pixels once they are aligned; and from where on nothing better is to be expected.
 */
export const LEAST_OF_FRAME = 0.25;
export const LEAST_OF_TOLD_FRAME = 0.5;
export const LEAST_OF_CROP = 0.55;
const PROMISING_COARSE = 0.55;
const PROMISING_FINE = 0.72;
const CLEAR = 0.85;
/** Sides of a crop in shares of the whole picture's side. */
const CROPS = [0.9, 0.8, 0.7, 0.58];
const REFINED = 3;
const SIMILAR = 0.04;
/** Share of the template that must lie in the picture. */
const LEAST_SHARED = 0.1;
/** Variance that is taken for noise, in squared grey values. */
const FLOOR = 0.1;

export interface Hypothesis {
  map: Affine;
  agreement: number;
  /** Whether one picture lies where the other seems to show one. */
  isInset: boolean;
}

/**
 * The picture on the whole of the template, eight ways; where one has a border, also frame on frame; where one seems to
 * show another, that on the whole of the other. Rated at a low resolution, the best first.
 */
export function rateFrames(template: Thumbnail, picture: Thumbnail): Hypothesis[] {
  return [...orientations(template, picture)].sort(bestFirst);
}

/** All ways that one picture may be cut out of the other, laid as in the best of the frames; rated, the best first. */
export function rateCrops(template: Thumbnail, picture: Thumbnail, frames: readonly Hypothesis[]): Hypothesis[] {
  return crops(template, picture, frames).sort(bestFirst);
}

/**
 * The hypothesis, refined, by which the pictures agree best, of the few hypotheses that promise most. What does not agree well at a low
 * resolution after refining never does at a higher one, so unrelated pictures cost little. Null where none holds.
 */
export function alignThumbnails(
  template: Thumbnail,
  picture: Thumbnail,
  hypotheses: readonly Hypothesis[],
  leastAgreement: number,
): Hypothesis | null {
  let best: Hypothesis | null = null;
  for (const { map: start, agreement, isInset } of distinct(hypotheses)) {
    if (agreement < leastAgreement || (best && best.agreement >= CLEAR)) break;
    const coarse = refine(template, picture, start, COARSE_SIDE, 6);
    if (!coarse || coarseAgreement(template, picture, coarse, COARSE_SIDE) < PROMISING_COARSE) continue;
    const map = refine(template, picture, coarse, 32, 5);
    if (!map) continue;
    const refined = coarseAgreement(template, picture, map, 32);
    if (refined >= PROMISING_FINE && (!best || refined > best.agreement)) best = { map, agreement: refined, isInset };
  }
  return best;
}

const bestFirst = (a: Hypothesis, b: Hypothesis) => b.agreement - a.agreement;

/** The picture on the whole of the template, eight ways; where one has a border, also frame on frame. */
function* orientations(template: Thumbnail, picture: Thumbnail): Generator<Hypothesis> {
  const [own, other] = [contentMap(template.evidence), contentMap(picture.evidence)];
  const insets = [
    ...picture.insets.map((inset) => (turn: Affine) => compose(inset, turn)),
    ...template.insets.map((inset) => (turn: Affine) => compose(turn, invert(inset))),
  ];
  const isFramed = [...template.evidence.content, ...picture.evidence.content].some((edge) => edge > 0 && edge < 1);
  const [level, otherLevel] = [template.level(COARSE_SIDE), picture.level(COARSE_SIDE)];
  const shared = momentsOfWholes(level, otherLevel);
  for (const orientation of ORIENTATIONS) {
    const turn = ORIENTATION_MAPS[orientation];
    yield { map: turn, agreement: agreementTurned(level, otherLevel, turn, shared), isInset: false };
    for (const laidIn of insets) yield rate(template, picture, laidIn(turn), COARSE_SIDE, true);
    if (isFramed) yield rate(template, picture, compose(invert(other), compose(turn, own)));
  }
}

function crops(template: Thumbnail, picture: Thumbnail, frames: readonly Hypothesis[]): Hypothesis[] {
  const rated: Hypothesis[] = [];
  const consider = (map: Affine) => rated.push(rate(template, picture, map, CROP_SIDE));
  for (const { map: turn } of frames.slice(0, 2)) {
    for (const share of CROPS) {
      const steps = Math.max(2, Math.round((1 - share) * COARSE_SIDE * 0.7) + 1);
      for (let place = 0; place < steps * steps; place++) {
        const left = ((1 - share) * (place % steps)) / (steps - 1);
        const top = ((1 - share) * Math.floor(place / steps)) / (steps - 1);
        const crop: Affine = [share, 0, left, 0, share, top];
        consider(compose(crop, turn));
        consider(compose(turn, invert(crop)));
      }
    }
  }
  return rated
    .sort(bestFirst)
    .slice(0, CROPS_RATED_AGAIN)
    .map(({ map }) => rate(template, picture, map));
}

function rate(template: Thumbnail, picture: Thumbnail, map: Affine, side = COARSE_SIDE, isInset = false): Hypothesis {
  return { map, agreement: coarseAgreement(template, picture, map, side), isInset };
}

/** Leaves out what is all but the same as a better one. */
function distinct(hypotheses: readonly Hypothesis[]): Hypothesis[] {
  const kept: Hypothesis[] = [];
  for (const hypothesis of hypotheses) {
    if (kept.length === REFINED) break;
    const isNew = kept.every(({ map }) =>
      map.some((value, index) => Math.abs(value - hypothesis.map[index]!) > SIMILAR),
    );
    if (isNew) kept.push(hypothesis);
  }
  return kept;
}

/** Mean of the correlations of brightness and of details at a low resolution, −1…1. */
export function coarseAgreement(template: Thumbnail, picture: Thumbnail, map: Affine, side: number): number {
  const own = levelFor(template, side);
  const other = levelFor(picture, side / Math.sqrt(Math.abs(determinant(map))));
  return meanCorrelation(own, other, map);
}

/** Sums of both whole pictures, which no turn changes; the products are still to come. */
function momentsOfWholes(own: Level, other: Level): { values: Sums; detail: Sums } {
  const sumsOf = (a: Float32Array, b: Float32Array): Sums => {
    const sums = noSums();
    for (let at = 0; at < a.length; at++) add(sums, a[at]!, b[at]!);
    return sums;
  };
  return { values: sumsOf(own.values, other.values), detail: sumsOf(own.detail, other.detail) };
}

/** As `coarseAgreement` under one of `ORIENTATION_MAPS`, where each pixel lies on one of the other picture's. */
function agreementTurned(
  own: Level,
  other: Level,
  [a, b, c, d, e, f]: Affine,
  { values, detail }: { values: Sums; detail: Sums },
): number {
  const { side, values: ownValues, detail: ownDetail } = own;
  const { values: otherValues, detail: otherDetail } = other;
  let [products, detailProducts] = [0, 0];
  const [across, down] = [a + d * side, b + e * side];
  const start = c * (side - 1) + f * (side - 1) * side;
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0, to = start + y * down; x < side; x++, at++, to += across) {
      products += ownValues[at]! * otherValues[to]!;
      detailProducts += ownDetail[at]! * otherDetail[to]!;
    }
  }
  return (correlation({ ...values, ab: products }, FLOOR) + correlation({ ...detail, ab: detailProducts }, FLOOR)) / 2;
}

function meanCorrelation(own: Level, other: Level, map: Affine): number {
  const sums = compareUnder(own, other, map, LEAST_SHARED * own.side * own.side);
  return sums ? (correlation(sums.values, FLOOR) + correlation(sums.detail, FLOOR)) / 2 : -1;
}
