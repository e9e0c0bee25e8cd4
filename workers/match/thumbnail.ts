import { CHROMA_SIDE, openEvidence, type Evidence } from '../fingerprint/evidence.js';
import { GRID } from '../fingerprint/tent-grid.js';
import type { Affine } from './affine.js';
import { findInsets } from './insets.js';

/** Sides of a thumbnail's pyramid, pixels; each has about half the area of the one before. */
export const LEVEL_SIDES = [GRID, 45, 32, 23, 16, 11, 8] as const;

/** A square picture of one channel. */
export class Level {
  #detail: Float32Array | undefined;
  #slopes: Slopes | undefined;

  /** @param values brightness, 0…255. */
  constructor(
    readonly side: number,
    readonly values: Float32Array,
  ) {}

  /** Brightness less that of the surroundings. */
  get detail(): Float32Array {
    return (this.#detail ??= detailOf(this.values, this.side));
  }

  get slopes(): Slopes {
    return (this.#slopes ??= slopesOf(this.values, this.side));
  }
}

/** Change of brightness per side of the square, at each pixel. */
interface Slopes {
  x: Float32Array;
  y: Float32Array;
}

/**
 * A picture made ready to be compared, its content stretched to a unit square. All of it is made when it is asked for:
 * most pairs are told apart by their features or by the smallest levels.
 */
export class Thumbnail {
  readonly #levels = new Map<number, Level>();
  #colours: Colours | undefined;
  #insets: readonly Affine[] | undefined;

  constructor(readonly evidence: Evidence) {}

  level(side: (typeof LEVEL_SIDES)[number]): Level {
    let made = this.#levels.get(side);
    if (!made) {
      const full = this.#levels.get(GRID)?.values ?? brightnessOf(this.evidence);
      // What is only shrunk is lent.
      made = new Level(side, side === GRID ? full.slice() : shrink(full, side));
      this.#levels.set(side, made);
    }
    return made;
  }

  get colours(): Colours {
    return (this.#colours ??= coloursOf(this.evidence, this.level(CHROMA_SIDE)));
  }

  /** Where another picture seems to be shown: maps from its unit square to this one's; mostly none. */
  get insets(): readonly Affine[] {
    return (this.#insets ??= findInsets(this.level(GRID).values));
  }
}

interface Colours {
  /** 16 × 16, around 0. */
  blue: Float32Array;
  red: Float32Array;
  /** Whether there is one hue alone: sepia, blueprint. */
  isTinted: boolean;
}

const DETAIL_RADIUS = 3;
/** Of a tinted picture: the mean colour squared over the colours' variance, and the variance off the hue. */
const EVEN_HUE = 3;
const MOST_OFF_HUE = 8;
/** Mean strength of a hue, of 127, and how far a toned picture's brightness tells the strength at each place. */
const LEAST_HUE = 2;
const TONED = 0.85;

/** Kept with the bytes themselves: what a WeakMap holds outlives them until all memory is gone through. */
const PREPARED = Symbol('thumbnail');

interface PreparedBytes extends Uint8Array {
  [PREPARED]?: Thumbnail;
}

/** One that is asked for again is not made again. Null where the evidence is of a version not known here. */
export function prepareThumbnail(packed: PreparedBytes): Thumbnail | null {
  const known = packed[PREPARED];
  if (known) return known;
  const evidence = openEvidence(packed);
  return evidence && (packed[PREPARED] = new Thumbnail(evidence));
}

const brightness = new Float32Array(GRID * GRID);

/** Lent until the next call. */
function brightnessOf({ darkest, brightest, luma }: Evidence): Float32Array {
  const scale = (brightest - darkest) / 255;
  const values = brightness;
  for (let at = 0; at < values.length; at++) values[at] = darkest + luma[at]! * scale;
  return values;
}

function coloursOf(evidence: Evidence, { values }: Level): Colours {
  const [blue, red] = [centred(evidence.blue), centred(evidence.red)];
  return { blue, red, isTinted: isOfOneHue(blue, red, values) };
}

function centred(plane: Uint8Array): Float32Array {
  const values = new Float32Array(plane.length);
  for (let at = 0; at < plane.length; at++) values[at] = plane[at]! - 128;
  return values;
}

/** The level whose pixels are nearest to the wanted side, on a logarithmic scale. */
export function levelFor(thumbnail: Thumbnail, side: number): Level {
  let nearest = 0;
  while (nearest < BETWEEN_LEVELS.length && side < BETWEEN_LEVELS[nearest]!) nearest++;
  return thumbnail.level(LEVEL_SIDES[nearest]!);
}

const BETWEEN_LEVELS = LEVEL_SIDES.slice(1).map((side, index) => Math.sqrt(side * LEVEL_SIDES[index]!));

/**
 * One hue over the whole picture, white and black included: its colours lie on a line from grey, and are either well away
 * from it or the stronger the brighter they are, as toning makes them.
 */
function isOfOneHue(blue: Float32Array, red: Float32Array, luma: Float32Array): boolean {
  const count = blue.length;
  let [sumBlue, sumRed, squares] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    sumBlue += blue[i]!;
    sumRed += red[i]!;
    squares += blue[i]! ** 2 + red[i]! ** 2;
  }
  const mean = Math.hypot(sumBlue, sumRed) / count;
  if (mean < LEAST_HUE) return false;
  let offHue = 0;
  const strengths = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    offHue += ((blue[i]! * sumRed - red[i]! * sumBlue) / (mean * count)) ** 2;
    strengths[i] = (blue[i]! * sumBlue + red[i]! * sumRed) / (mean * count);
  }
  if (offHue / count >= MOST_OFF_HUE) return false;
  return mean * mean >= EVEN_HUE * (squares / count - mean * mean) || correlation(strengths, luma) >= TONED;
}

function correlation(a: Float32Array, b: Float32Array): number {
  let [sumA, sumB, squaresA, squaresB, products] = [0, 0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    sumA += a[i]!;
    sumB += b[i]!;
    squaresA += a[i]! ** 2;
    squaresB += b[i]! ** 2;
    products += a[i]! * b[i]!;
  }
  const variance = (sum: number, squares: number) => squares / a.length - (sum / a.length) ** 2;
  const covariance = products / a.length - (sumA / a.length) * (sumB / a.length);
  return covariance / Math.sqrt(variance(sumA, squaresA) * variance(sumB, squaresB) + 1e-9);
}

/** Area average of the 64 × 64 picture. */
function shrink(full: Float32Array, side: number): Float32Array {
  if (GRID % side === 0) return shrinkEvenly(full, side);
  const each = GRID / side;
  const half = new Float32Array(GRID * side);
  const values = new Float32Array(side * side);
  for (let row = 0; row < GRID; row++) {
    for (let index = 0, from = 0; index < side; index++) {
      const end = (index + 1) * each;
      let sum = 0;
      for (; from < end; from++) {
        sum += (Math.min(from + 1, end) - Math.max(from, index * each)) * full[row * GRID + from]!;
      }
      half[row * side + index] = sum / each;
      // A pixel that is cut through belongs to the next one too.
      if (from > end) from--;
    }
  }
  for (let index = 0, from = 0; index < side; index++) {
    const end = (index + 1) * each;
    const start = index * side;
    for (; from < end; from++) {
      const weight = (Math.min(from + 1, end) - Math.max(from, index * each)) / each;
      for (let column = 0; column < side; column++) values[start + column]! += weight * half[from * side + column]!;
    }
    if (from > end) from--;
  }
  return values;
}

/** The same where each pixel is of whole ones. */
function shrinkEvenly(full: Float32Array, side: number): Float32Array {
  const each = GRID / side;
  const values = new Float32Array(side * side);
  for (let at = 0; at < values.length; at++) {
    const start = Math.floor(at / side) * each * GRID + (at % side) * each;
    let sum = 0;
    for (let row = start; row < start + each * GRID; row += GRID) {
      for (let from = row; from < row + each; from++) sum += full[from]!;
    }
    values[at] = sum / (each * each);
  }
  return values;
}

function slopesOf(values: Float32Array, side: number): Slopes {
  const [x, y] = [new Float32Array(side * side), new Float32Array(side * side)];
  for (let row = 0; row < side; row++) {
    const [above, below] = [Math.max(0, row - 1), Math.min(side - 1, row + 1)];
    for (let column = 0; column < side; column++) {
      const [left, right] = [Math.max(0, column - 1), Math.min(side - 1, column + 1)];
      const at = row * side + column;
      x[at] = ((values[row * side + right]! - values[row * side + left]!) * side) / (right - left);
      y[at] = ((values[below * side + column]! - values[above * side + column]!) * side) / (below - above);
    }
  }
  return { x, y };
}

/** Less the mean of the 7 × 7 pixels around each, cut off at the edges. */
function detailOf(values: Float32Array, side: number): Float32Array {
  const rows = new Float32Array(side * side);
  const detail = new Float32Array(side * side);
  meansAlong(values, rows, side, side, 1);
  meansAlong(rows, detail, side, 1, side);
  for (let at = 0; at < detail.length; at++) detail[at] = values[at]! - detail[at]!;
  return detail;
}

function meansAlong(source: Float32Array, target: Float32Array, side: number, across: number, along: number): void {
  for (let line = 0; line < side; line++) {
    const base = line * across;
    let sum = 0;
    let count = 0;
    for (let i = 0; i < Math.min(side, DETAIL_RADIUS); i++, count++) sum += source[base + i * along]!;
    for (let i = 0; i < side; i++) {
      if (i + DETAIL_RADIUS < side) {
        sum += source[base + (i + DETAIL_RADIUS) * along]!;
        count++;
      }
      if (i > DETAIL_RADIUS) {
        sum -= source[base + (i - DETAIL_RADIUS - 1) * along]!;
        count--;
      }
      target[base + i * along] = sum / count;
    }
  }
}
