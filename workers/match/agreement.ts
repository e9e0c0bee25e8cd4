import { CHROMA_SIDE } from '../fingerprint/evidence.js';
import { GRID } from '../fingerprint/tent-grid.js';
import { determinant, type Affine, type Box } from './affine.js';
import { sample } from './bilinear.js';
import { blockStatistics, findPatch, type BlockAgreement, type Patch } from './block-agreement.js';
import { add, correlation, momentsOf, NOISE, noSums, type Moments } from './correlation.js';
import { sharedInsets } from './insets.js';
import { compareUnder, otherDetail, ownDetail, sampled, type Bend, type Sums } from './sampling.js';
import { levelFor, type Level, type Thumbnail } from './thumbnail.js';

/** How far two aligned pictures agree. */
export interface Agreement extends BlockAgreement {
  /** −1…1: correlation of details. */
  ncc: number;
  /** −1…1: correlation of brightness. */
  tone: number;
  /** Contrast of the template's details over that of all; gradients and skies have hardly any. */
  roughness: number;
  /** Share of the template that something small is taken to be laid over; it has no say in what agrees. */
  patched: number;
  /** Correlation of colours, −1…1; null where one of both pictures is grey. */
  chroma: number | null;
  /** Mean difference of colours beyond one tint and saturation, 0…255; null where one is grey. */
  chromaDifference: number | null;
  /** Whether both are of one hue each, of which alone the two above tell. */
  isToned: boolean;
  /** Brightness of the picture over that of the template, as contrast and as level; colours likewise. */
  gain: number;
  offset: number;
  saturation: number | null;
  /** Sharpness of the picture over that of the template beyond contrast; 1 for a copy as sharp. */
  sharpness: number;
}

/** Mean distance of a picture's colours from grey up to which it counts as grey. */
const GREY = 1.5;
/** Cosine of the angle between two hues that may be one, warmer or colder. */
const SAME_HUE = 0.5;

const LEAST_PIXELS = 24;
/** A badge is looked for where so many blocks have detail and so many of them agree, beside it so many equal ones. */
const LEAST_PATCHABLE = 36;
const LEAST_OF_PATCHED = 0.75;
const LEAST_BESIDE = 36;
const REST_CLOSE = 0.9;
const REST_NCC = 0.93;
/** Of a picture that both seem to show in one place, a badge hides no more. */
const MOST_HIDDEN = 0.3;

/**
 * Compares what two pictures show in common.
 * @param map from the template's unit square to the picture's; the template is the one with the larger pixels.
 * @param bend how the template is bent before it is mapped; colours do without.
 * @returns null where they have nothing in common.
 */
export function agreementOf(
  template: Thumbnail,
  picture: Thumbnail,
  map: Affine,
  bend: Bend | null = null,
): Agreement | null {
  const scale = Math.sqrt(Math.abs(determinant(map)));
  const own = template.level(64);
  const other = levelFor(picture, own.side / scale);
  const sums = compareUnder(own, other, map, LEAST_PIXELS, bend);
  if (!sums) return null;
  const whole = { ...brightnessOf(sums), ...blockStatistics(own.side), patched: 0 };
  const patched = isPatchable(whole) ? agreementBesidePatch(own) : null;
  const isOther = patched && sharedInsets(template, picture, map).some((inset) => hides(patched.patch, inset));
  const rest = isOther ? null : patched;
  return { ...(rest ?? whole), ...compareChroma(template, picture, map, rest?.patch ?? null) };
}

type Brightness = Omit<Agreement, 'chroma' | 'chromaDifference' | 'isToned' | 'saturation'>;

const isPatchable = ({ blockAgreement, closeAgreement, blocks }: BlockAgreement) =>
  blocks >= LEAST_PATCHABLE && blockAgreement >= LEAST_OF_PATCHED && closeAgreement < 1;

/** Where all disagreement lies under one small patch and the rest is equal, the rest is what counts. */
function agreementBesidePatch({ side, values }: Level): (Brightness & { patch: Patch }) | null {
  const found = findPatch();
  if (!found || found.rest.closeAgreement < REST_CLOSE || found.rest.blocks < LEAST_BESIDE) return null;
  const { patch, rest } = found;
  const brightness = brightnessOf({
    values: sumsBeside(patch, side, values, sampled),
    detail: sumsBeside(patch, side, ownDetail, otherDetail),
  });
  if (brightness.ncc < REST_NCC) return null;
  return {
    ...brightness,
    ...rest,
    patch,
    patched: ((patch.right - patch.left) * (patch.bottom - patch.top)) / side ** 2,
  };
}

/** Whether a patch takes so much of a picture that both show in one place that it is that picture which differs. */
function hides(patch: Patch, [left, top, right, bottom]: Box): boolean {
  const width = Math.min(patch.right / GRID, right) - Math.max(patch.left / GRID, left);
  const height = Math.min(patch.bottom / GRID, bottom) - Math.max(patch.top / GRID, top);
  const hidden = Math.max(0, width) * Math.max(0, height);
  return hidden > MOST_HIDDEN * (right - left) * (bottom - top);
}

function sumsBeside(patch: Patch, side: number, own: Float32Array, other: Float32Array): Sums {
  const sums = noSums();
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0; x < side; x++, at++) {
      if (isUnder(patch, x, y)) continue;
      const value = other[at]!;
      // The template's detail too is only known where both are.
      if (value === value) add(sums, own[at]!, value);
    }
  }
  return sums;
}

function brightnessOf({ values, detail }: { values: Sums; detail: Sums }) {
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

/** Cells that agree least are left out, a twelfth of them: a badge or a stamp in them would tell the colours of nothing else. */
function compareChroma(template: Thumbnail, picture: Thumbnail, [a, b, c, d, e, f]: Affine, patch: Patch | null) {
  const [own, other] = [template.colours, picture.colours];
  const cells: Cell[] = [];
  let [ownColour, otherColour] = [0, 0];
  for (let cell = 0; cell < CHROMA_SIDE * CHROMA_SIDE; cell++) {
    const u = ((cell % CHROMA_SIDE) + 0.5) / CHROMA_SIDE;
    const v = (Math.floor(cell / CHROMA_SIDE) + 0.5) / CHROMA_SIDE;
    if (patch && isUnder(patch, u * GRID, v * GRID)) continue;
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
    return { chroma: null, chromaDifference: null, isToned: false, saturation };
  }
  const { varianceA, varianceB, covariance } = chromaMoments(trimmed(cells));
  const unexplained =
    Math.sqrt(varianceA * varianceB) - Math.max(0, covariance) ** 2 / Math.sqrt(varianceA * varianceB + 1e-6);
  const floor = 2;
  return {
    chroma: (covariance + floor) / Math.sqrt((varianceA + floor) * (varianceB + floor)),
    chromaDifference: Math.sqrt(Math.max(0, unexplained)),
    isToned: false,
    saturation: otherColour / ownColour,
  };
}

const isUnder = ({ left, top, right, bottom }: Patch, x: number, y: number) =>
  x >= left && x < right && y >= top && y < bottom;

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
  return { chroma: cosine, chromaDifference: apart, isToned: true, saturation };
}
