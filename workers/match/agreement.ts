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
  /** Mean of how much better those blocks correlate when each is shifted by a pixel: parallax shows by it, no copy has much. */
  strain: number;
  /** Contrast of the template's details over that of all; gradients and skies have hardly any. */
  roughness: number;
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
/** Cosine of the angle between two hues that may be one, warmer or colder. */
const SAME_HUE = 0.5;

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

type Moments = ReturnType<typeof momentsOf>;

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
    roughness: Math.sqrt(fine.varianceA / (varianceA + 1)),
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
  let [textured, agreeing, close, strain] = [0, 0, 0, 0];
  for (let top = 0; top + edge <= side; top += edge) {
    for (let left = 0; left + edge <= side; left += edge) {
      const agreement = blockCorrelation(side, edge, left, top);
      if (agreement === null) continue;
      const { best, unshifted } = agreement;
      textured++;
      if (best >= ALIKE) agreeing++;
      if (best >= CLOSE) close++;
      strain += best - unshifted;
    }
  }
  return {
    blocks: (textured * edge * edge) / BLOCK ** 2,
    blockAgreement: textured === 0 ? 0 : agreeing / textured,
    closeAgreement: textured === 0 ? 0 : close / textured,
    strain: textured === 0 ? 0 : strain / textured,
  };
}

/** The best over shifts by a pixel; null for a block without detail or that is hardly shared. */
function blockCorrelation(side: number, edge: number, left: number, top: number) {
  let [best, unshifted] = [-Infinity, 0];
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
    if (isUnshifted) unshifted = agreement;
    if (agreement > best) best = agreement;
    if (best >= CLOSE || (isUnshifted && agreement < HOPELESS)) break;
  }
  return { best, unshifted };
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

/** Cells that agree least are left out, a twelfth of them: a badge or a stamp in them would tell the colours of nothing else. */
function compareChroma(template: Thumbnail, picture: Thumbnail, [a, b, c, d, e, f]: Affine) {
  const [own, other] = [template.colours, picture.colours];
  const cells: Cell[] = [];
  let [ownColour, otherColour] = [0, 0];
  for (let cell = 0; cell < CHROMA_SIDE * CHROMA_SIDE; cell++) {
    const u = ((cell % CHROMA_SIDE) + 0.5) / CHROMA_SIDE;
    const v = (Math.floor(cell / CHROMA_SIDE) + 0.5) / CHROMA_SIDE;
    const mu = a * u + b * v + c;
    const mv = d * u + e * v + f;
    if (!(mu >= 0 && mu <= 1 && mv >= 0 && mv <= 1)) continue;
    const otherBlue = sample(other.blue, CHROMA_SIDE, mu, mv);
    const otherRed = sample(other.red, CHROMA_SIDE, mu, mv);
    cells.push([own.blue[cell]!, own.red[cell]!, otherBlue, otherRed]);
    ownColour += Math.hypot(own.blue[cell]!, own.red[cell]!);
    otherColour += Math.hypot(otherBlue, otherRed);
  }
  const count = cells.length;
  if (own.isTinted && other.isTinted && count >= 4) {
    return compareHues(...sumsOfCells(cells), otherColour / ownColour);
  }
  const isGrey = Math.min(ownColour, otherColour) / count < GREY || own.isTinted || other.isTinted;
  if (count < 4 || isGrey) {
    const saturation =
      count >= 4 && Math.max(ownColour, otherColour) / count >= 2 * GREY ? otherColour / ownColour : null;
    return { chroma: null, chromaDifference: null, saturation };
  }
  const { varianceA, varianceB, covariance } = chromaMoments(trimmed(cells));
  const unexplained =
    Math.sqrt(varianceA * varianceB) - Math.max(0, covariance) ** 2 / Math.sqrt(varianceA * varianceB + 1e-6);
  const floor = 2;
  return {
    chroma: (covariance + floor) / Math.sqrt((varianceA + floor) * (varianceB + floor)),
    chromaDifference: Math.sqrt(Math.max(0, unexplained)),
    saturation: otherColour / ownColour,
  };
}

/** Blue and red difference of the template, then of the picture. */
type Cell = readonly [number, number, number, number];

const TRIMMED = 1 / 12;

function trimmed(cells: readonly Cell[]): Cell[] {
  const [blue, red] = sumsOfCells(cells);
  const { varianceA, covariance } = chromaMoments(cells);
  const slope = covariance / (varianceA + 1);
  const count = cells.length;
  const strangeness = ([ownBlue, ownRed, otherBlue, otherRed]: Cell) =>
    Math.hypot(
      otherBlue - blue.b / count - slope * (ownBlue - blue.a / count),
      otherRed - red.b / count - slope * (ownRed - red.a / count),
    );
  const rated = cells
    .map((cell) => ({ cell, strange: strangeness(cell) }))
    .sort((one, two) => one.strange - two.strange);
  return rated.slice(0, Math.ceil(count * (1 - TRIMMED))).map(({ cell }) => cell);
}

function sumsOfCells(cells: readonly Cell[]): [blue: Sums, red: Sums] {
  const [blue, red] = [noSums(), noSums()];
  for (const [ownBlue, ownRed, otherBlue, otherRed] of cells) {
    add(blue, ownBlue, otherBlue);
    add(red, ownRed, otherRed);
  }
  return [blue, red];
}

function chromaMoments(cells: readonly Cell[]) {
  const [first, second] = sumsOfCells(cells).map(momentsOf) as [Moments, Moments];
  return {
    varianceA: first.varianceA + second.varianceA,
    varianceB: first.varianceB + second.varianceB,
    covariance: first.covariance + second.covariance,
  };
}

/** Of two pictures of one hue each it matters whether it is the same. */
function compareHues(blue: Sums, red: Sums, saturation: number) {
  const cosine = (blue.a * blue.b + red.a * red.b) / (Math.hypot(blue.a, red.a) * Math.hypot(blue.b, red.b));
  const apart = cosine > SAME_HUE ? 0 : Math.hypot(blue.a - blue.b, red.a - red.b) / blue.count;
  return { chroma: cosine, chromaDifference: apart, saturation };
}
