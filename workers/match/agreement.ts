import { CHROMA_SIDE } from '../fingerprint/evidence.js';
import { determinant, type Affine } from './affine.js';
import { compareUnder, otherDetail, ownDetail, sampled, type Sums } from './sampling.js';
import { levelFor, sample, type Level, type Thumbnail } from './thumbnail.js';

/** How far two aligned pictures agree. */
export interface Agreement {
  /** −1…1: correlation of details. */
  ncc: number;
  /** −1…1: correlation of brightness. */
  tone: number;
  /** Share of the blocks with detail that correlate by 0.5, and by 0.9. */
  blockAgreement: number;
  closeAgreement: number;
  /** Blocks with detail, in pieces of 8 × 8 pixels of the coarser picture. */
  blocks: number;
  /** Correlation of colours, −1…1; null where one of both pictures is grey. */
  chroma: number | null;
  /** Mean difference of colours beyond one tint and saturation, 0…255; null where one is grey. */
  chromaDifference: number | null;
  /** Brightness of the picture over that of the template, as contrast and as level; colours likewise. */
  gain: number;
  offset: number;
  saturation: number | null;
  /** Sharpness of the picture over that of the template beyond contrast; 1 for a copy as sharp. */
  sharpness: number;
}

const MOST_PIXELS = 64 * 64;
/** Details fainter than this, in grey values, are noise. */
const NOISE = 0.45;
const BLOCK = 8;
/** Share of a block's pixels that must lie in both pictures. */
const LEAST_FILL = 0.5;
/** Correlations from which blocks are alike, and equal; below the last a pixel's shift makes no block alike. */
const ALIKE = 0.5;
const CLOSE = 0.9;
const HOPELESS = -0.2;
/** Mean distance of a picture's colours from grey up to which it counts as grey. */
const GREY = 1.5;

const LEAST_PIXELS = 24;

/**
 * Compares what two pictures show in common.
 * @param map from the template's unit square to the picture's; the template is the one with the larger pixels.
 * @returns null where they have nothing in common.
 */
export function agreementOf(template: Thumbnail, picture: Thumbnail, map: Affine): Agreement | null {
  const scale = Math.sqrt(Math.abs(determinant(map)));
  const own = template.level(64);
  const other = levelFor(picture, own.side / scale);
  const brightness = correlate(own, other, map);
  if (!brightness) return null;
  const energy = blockStatistics(own);
  return { ...brightness, ...energy, ...compareChroma(template, picture, map) };
}

const noSums = (): Sums => ({ count: 0, a: 0, b: 0, aa: 0, bb: 0, ab: 0 });

function add(sums: Sums, a: number, b: number): void {
  sums.count++;
  sums.a += a;
  sums.b += b;
  sums.aa += a * a;
  sums.bb += b * b;
  sums.ab += a * b;
}

function momentsOf({ count, a, b, aa, bb, ab }: Sums) {
  return {
    varianceA: Math.max(0, aa / count - (a / count) ** 2),
    varianceB: Math.max(0, bb / count - (b / count) ** 2),
    covariance: ab / count - (a / count) * (b / count),
  };
}

function correlation(sums: Sums, floor: number): number {
  const { varianceA, varianceB, covariance } = momentsOf(sums);
  return covariance / Math.sqrt((varianceA + floor) * (varianceB + floor));
}

/** Leaves both pictures' details behind, NaN outside the shared area. */
function correlate(own: Level, other: Level, map: Affine) {
  const sums = compareUnder(own, other, map, LEAST_PIXELS);
  if (!sums) return null;
  const { values, detail } = sums;
  const { varianceA, varianceB, covariance } = momentsOf(values);
  const fine = momentsOf(detail);
  const gain = Math.sqrt((varianceB + 1e-3) / (varianceA + 1e-3)) * (covariance < 0 ? -1 : 1);
  const sharpness = Math.sqrt((fine.varianceB + 1e-3) / (fine.varianceA + 1e-3)) / Math.abs(gain);
  return {
    ncc: correlation(detail, NOISE * NOISE),
    tone: correlation(values, NOISE * NOISE),
    gain,
    offset: (values.b - gain * values.a) / values.count,
    sharpness,
  };
}

/**
 * By blocks of the shared area, smaller ones where little is shared. A block may lie a pixel off the map: so far a picture
 * taken at a slant, or bent by its lens, strays from it.
 */
function blockStatistics({ side }: Level) {
  let shared = 0;
  for (let at = 0; at < side * side; at++) if (sampled[at] === sampled[at]) shared++;
  const edge = shared < MOST_PIXELS / 4 ? BLOCK / 2 : BLOCK;
  let [textured, agreeing, close] = [0, 0, 0];
  for (let top = 0; top + edge <= side; top += edge) {
    for (let left = 0; left + edge <= side; left += edge) {
      const agreement = blockCorrelation(side, edge, left, top);
      if (agreement === null) continue;
      textured++;
      if (agreement >= ALIKE) agreeing++;
      if (agreement >= CLOSE) close++;
    }
  }
  return {
    blocks: (textured * edge * edge) / BLOCK ** 2,
    blockAgreement: textured === 0 ? 0 : agreeing / textured,
    closeAgreement: textured === 0 ? 0 : close / textured,
  };
}

/** The best over shifts by a pixel; null for a block without detail or that is hardly shared. */
function blockCorrelation(side: number, edge: number, left: number, top: number): number | null {
  let best: number | null = null;
  for (const [dx, dy] of SHIFTS) {
    const sums = sumsOfBlock(side, edge, left, top, dx, dy);
    const isUnshifted = dx === 0 && dy === 0;
    if (sums.count < LEAST_FILL * edge * edge) {
      if (isUnshifted) return null;
      continue;
    }
    const { varianceA, varianceB } = momentsOf(sums);
    if (isUnshifted && Math.max(varianceA, varianceB) < 4 * NOISE * NOISE) return null;
    const agreement = correlation(sums, NOISE * NOISE);
    if (best === null || agreement > best) best = agreement;
    if (best >= CLOSE || (isUnshifted && agreement < HOPELESS)) break;
  }
  return best;
}

function sumsOfBlock(side: number, edge: number, left: number, top: number, dx: number, dy: number): Sums {
  let [count, a, b, aa, bb, ab] = [0, 0, 0, 0, 0, 0];
  const [lastY, lastX] = [Math.min(top + edge, side - dy), Math.min(left + edge, side - dx)];
  for (let y = Math.max(top, -dy); y < lastY; y++) {
    const row = y * side;
    const shift = dy * side + dx;
    for (let x = Math.max(left, -dx); x < lastX; x++) {
      const other = otherDetail[row + x + shift]!;
      const own = ownDetail[row + x]!;
      if (other !== other || own !== own) continue;
      count++;
      a += own;
      b += other;
      aa += own * own;
      bb += other * other;
      ab += own * other;
    }
  }
  return { count, a, b, aa, bb, ab };
}

const SHIFTS = [
  [0, 0],
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
  [1, 1],
  [-1, -1],
  [1, -1],
  [-1, 1],
] as const;

function compareChroma(template: Thumbnail, picture: Thumbnail, [a, b, c, d, e, f]: Affine) {
  const blue = noSums();
  const red = noSums();
  let [ownColour, otherColour] = [0, 0];
  for (let cell = 0; cell < CHROMA_SIDE * CHROMA_SIDE; cell++) {
    const u = ((cell % CHROMA_SIDE) + 0.5) / CHROMA_SIDE;
    const v = (Math.floor(cell / CHROMA_SIDE) + 0.5) / CHROMA_SIDE;
    const mu = a * u + b * v + c;
    const mv = d * u + e * v + f;
    if (!(mu >= 0 && mu <= 1 && mv >= 0 && mv <= 1)) continue;
    const otherBlue = sample(picture.blue, CHROMA_SIDE, mu, mv);
    const otherRed = sample(picture.red, CHROMA_SIDE, mu, mv);
    add(blue, template.blue[cell]!, otherBlue);
    add(red, template.red[cell]!, otherRed);
    ownColour += Math.hypot(template.blue[cell]!, template.red[cell]!);
    otherColour += Math.hypot(otherBlue, otherRed);
  }
  const { count } = blue;
  if (template.isTinted && picture.isTinted && count >= 4) return compareHues(blue, red, otherColour / ownColour);
  const isGrey = Math.min(ownColour, otherColour) / count < GREY || template.isTinted || picture.isTinted;
  if (count < 4 || isGrey) {
    const saturation =
      count >= 4 && Math.max(ownColour, otherColour) / count >= 2 * GREY ? otherColour / ownColour : null;
    return { chroma: null, chromaDifference: null, saturation };
  }
  const [first, second] = [momentsOf(blue), momentsOf(red)];
  const varianceA = first.varianceA + second.varianceA;
  const varianceB = first.varianceB + second.varianceB;
  const covariance = first.covariance + second.covariance;
  const unexplained = varianceA + varianceB - 2 * Math.max(0, covariance);
  const floor = 2;
  return {
    chroma: (covariance + floor) / Math.sqrt((varianceA + floor) * (varianceB + floor)),
    chromaDifference: Math.sqrt(Math.max(0, unexplained)),
    saturation: otherColour / ownColour,
  };
}

/** Of two pictures of one hue each it matters whether it is the same. */
function compareHues(blue: Sums, red: Sums, saturation: number) {
  const cosine = (blue.a * blue.b + red.a * red.b) / (Math.hypot(blue.a, red.a) * Math.hypot(blue.b, red.b));
  const apart = Math.hypot(blue.a - blue.b, red.a - red.b) / blue.count;
  return { chroma: cosine, chromaDifference: apart, saturation };
}
