import { reduceToLuma } from './fingerprint/luma.js';
import { multiply } from './fingerprint/plane-kernel.js';
import { GRID, sampleGrid } from './fingerprint/tent-grid.js';
import type { Pixels } from './pixels.js';

export interface PerceptualHash {
  /** 256 bits in 32 bytes, most significant bit first, as PDQ's hexadecimal form has them. */
  hash: Uint8Array;
  /**
   * 0…100: how much structure the hash rests on; below 50 it is not to be trusted. PDQ's own figure, lowered where many
   * bits are decided by rounding: PDQ gives stripes and glows full marks, and those of one kind the same hash, whatever
   * their colours.
   */
  quality: number;
}

const FREQUENCIES = 16;
const SMALLEST_SIDE = 5;
export const HASH_BYTES = 32;
/** Bytes of the eight hashes of a picture's eight orientations. */
export const DIHEDRAL_BYTES = 8 * HASH_BYTES;
/** In units of the transform, where a photograph's median frequency has an amplitude of 60. */
const CLEAR_OF_MEDIAN = 2;

/** Hashing is synchronous, so one set of buffers serves every picture of a thread. */
const grid = new Float64Array(GRID * GRID);
const spectrum = new Float64Array(FREQUENCIES * FREQUENCIES);
const turned = new Float64Array(FREQUENCIES * FREQUENCIES);
/** Partly, up to the middle. */
const sorted = new Float64Array(FREQUENCIES * FREQUENCIES);
const cosines = cosineMatrix();
const transposed = Float64Array.from(
  cosines,
  (_, at) => cosines[(at % FREQUENCIES) * GRID + Math.floor(at / FREQUENCIES)]!,
);

/**
 * PDQ (Davis and Rosen, "PDQ & TMK + PDQF", Meta 2019): two picture's hashes differ in few of their 256 bits when the
 * pictures look alike. Pictures beyond 512 px are first averaged down to fit 512 × 512, like the Python reference. From
 * whole decodings it is bit for bit the hash that Meta publishes for its test pictures but for one of quality 0 (10 bits of
 * noise), from reduced ones within 2 bits; Meta asks for 10 at most where the quality is 80 or more.
 * A side below 5 px gives the zero hash with quality 0.
 */
export function perceptualHash(pixels: Pixels): PerceptualHash {
  if (isTooNarrow(pixels)) return { hash: new Uint8Array(HASH_BYTES), quality: 0 };
  const luma = reduceToLuma(pixels);
  sampleGrid(luma, { left: 0, top: 0, width: luma.width, height: luma.height }, grid);
  const hash = new Uint8Array(HASH_BYTES);
  const quality = transformGrid(grid);
  writeHash(spectrum, hash, 0);
  return { hash, quality };
}

export const isTooNarrow = ({ width, height }: Pick<Pixels, 'width' | 'height'>) =>
  Math.min(width, height) < SMALLEST_SIDE;

/**
 * The hashes of a picture in its eight orientations, in the order of `ORIENTATIONS`, from one transform: mirroring turns
 * the signs of every other frequency, turning the picture on its diagonal exchanges rows and columns. They are those of
 * the turned pixels but for bits that rounding decides.
 * @param samples 64 × 64, from `sampleGrid`.
 */
export function dihedralHashes(samples: Float64Array): { hashes: Uint8Array; quality: number } {
  const quality = transformGrid(samples);
  const hashes = new Uint8Array(DIHEDRAL_BYTES);
  turns.forEach(({ transposed, rows, columns }, index) => {
    for (let i = 0; i < FREQUENCIES; i++) {
      for (let j = 0; j < FREQUENCIES; j++) {
        // Frequencies count from 1, so the even indices are the odd ones, which mirroring negates.
        const negated = ((rows & ~i) ^ (columns & ~j)) & 1;
        const value = spectrum[transposed ? j * FREQUENCIES + i : i * FREQUENCIES + j]!;
        turned[i * FREQUENCIES + j] = negated ? -value : value;
      }
    }
    writeHash(turned, hashes, index * HASH_BYTES);
  });
  return { hashes, quality };
}

/** `rows`: 1 where top and bottom change over, after transposing; `columns`: left and right. */
const turns = [
  { transposed: false, rows: 0, columns: 0 },
  { transposed: true, rows: 0, columns: 1 },
  { transposed: false, rows: 1, columns: 1 },
  { transposed: true, rows: 1, columns: 0 },
  { transposed: false, rows: 0, columns: 1 },
  { transposed: false, rows: 1, columns: 0 },
  { transposed: true, rows: 0, columns: 0 },
  { transposed: true, rows: 1, columns: 1 },
];

/** Fills `spectrum`. @returns the quality. */
function transformGrid(samples: Float64Array): number {
  cosineTransform(samples);
  return Math.min(gradientQuality(samples), spectrumQuality(medianOf(spectrum)));
}

/** Sum of the steps between neighbours in whole per cents of white, so that faint noise counts for nothing. */
function gradientQuality(samples: Float64Array): number {
  let sum = 0;
  for (let row = 0; row < GRID; row++) {
    for (let column = 0; column < GRID; column++) {
      const at = row * GRID + column;
      if (row + 1 < GRID) sum += Math.abs(Math.trunc(((samples[at]! - samples[at + GRID]!) * 100) / 255));
      if (column + 1 < GRID) sum += Math.abs(Math.trunc(((samples[at]! - samples[at + 1]!) * 100) / 255));
    }
  }
  return Math.min(100, Math.floor(sum / 90));
}

/** Rows are the frequencies 1…16 of the 64-point DCT-II: the constant term says nothing of structure. */
function cosineMatrix(): Float64Array {
  const matrix = new Float64Array(FREQUENCIES * GRID);
  for (let frequency = 0; frequency < FREQUENCIES; frequency++) {
    for (let at = 0; at < GRID; at++) {
      matrix[frequency * GRID + at] =
        Math.sqrt(2 / GRID) * Math.cos((Math.PI / (2 * GRID)) * (frequency + 1) * (2 * at + 1));
    }
  }
  return matrix;
}

function cosineTransform(samples: Float64Array): void {
  spectrum.set(multiply(multiply(cosines, samples, GRID), transposed, GRID));
}

/**
 * 100 where nine tenths of the frequencies stand out from the median, 0 where half or fewer do. Of 5,299 photographs and
 * generated pictures all but six have over 80 %, a calm seascape 70 %; ramps, glows, waves and stripes have 0 to 59 %.
 */
function spectrumQuality(median: number): number {
  let standingOut = 0;
  for (const value of spectrum) if (Math.abs(value - median) > CLEAR_OF_MEDIAN) standingOut++;
  const share = standingOut / spectrum.length;
  return Math.floor(Math.min(100, Math.max(0, 250 * (share - 0.5))));
}

/** The lower of the two in the middle, by Hoare's selection. */
function medianOf(values: Float64Array): number {
  sorted.set(values);
  const middle = sorted.length / 2 - 1;
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const pivot = sorted[middle]!;
    let [left, right] = [low, high];
    while (left <= right) {
      while (sorted[left]! < pivot) left++;
      while (pivot < sorted[right]!) right--;
      if (left > right) break;
      const moved = sorted[left]!;
      sorted[left++] = sorted[right]!;
      sorted[right--] = moved;
    }
    if (right < middle) low = left;
    if (middle < left) high = right;
  }
  return sorted[middle]!;
}

function writeHash(values: Float64Array, target: Uint8Array, start: number): void {
  const median = medianOf(values);
  for (let bit = 0; bit < values.length; bit++) {
    if (values[bit]! > median) target[start + HASH_BYTES - 1 - (bit >> 3)]! |= 1 << (bit & 7);
  }
}
