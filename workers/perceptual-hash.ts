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

const FILTER_SIDE = 512;
const GRID = 64;
const FREQUENCIES = 16;
const SMALLEST_SIDE = 5;
const BOX_FILTER_PASSES = 2;
/** In units of the transform, where a photograph's median frequency has an amplitude of 60. */
const CLEAR_OF_MEDIAN = 2;

/** Hashing is synchronous, so one set of buffers serves every picture of a thread. */
const luma = new Float32Array(FILTER_SIDE * FILTER_SIDE);
const filtered = new Float32Array(FILTER_SIDE * FILTER_SIDE);
const grid = new Float64Array(GRID * GRID);
const halfTransformed = new Float64Array(FREQUENCIES * GRID);
const spectrum = new Float64Array(FREQUENCIES * FREQUENCIES);
const cosines = cosineMatrix();

/**
 * PDQ (Davis and Rosen, "PDQ & TMK + PDQF", Meta 2019): two picture's hashes differ in few of their 256 bits when the
 * pictures look alike. Pictures beyond 512 px are first averaged down to fit 512 × 512, like the Python reference.
 * A side below 5 px gives the zero hash with quality 0.
 */
export function perceptualHash(pixels: Pixels): PerceptualHash {
  if (Math.min(pixels.width, pixels.height) < SMALLEST_SIDE) return { hash: new Uint8Array(32), quality: 0 };
  const { width, height } = fillLuma(pixels);
  for (let pass = 0; pass < BOX_FILTER_PASSES; pass++) {
    boxFilterRows(luma, filtered, width, height);
    boxFilterColumns(filtered, luma, width, height);
  }
  decimate(width, height);
  cosineTransform();
  const median = Float64Array.from(spectrum).sort()[spectrum.length / 2 - 1]!;
  return { hash: bitsAbove(median), quality: Math.min(gradientQuality(), spectrumQuality(median)) };
}

/** Fills `luma`, averaged down by area where the picture is larger than the filter's side. */
function fillLuma(pixels: Pixels): { width: number; height: number } {
  const scale = FILTER_SIDE / Math.max(pixels.width, pixels.height);
  if (scale >= 1) {
    luma.fill(0, 0, pixels.width * pixels.height);
    addLuma(pixels.data, 0, pixels.width * pixels.height, 1, luma);
    return pixels;
  }
  const width = Math.max(1, Math.round(pixels.width * scale));
  const height = Math.max(1, Math.round(pixels.height * scale));
  averageDown(pixels, width, height);
  return { width, height };
}

/** Area average: a source row or column that straddles two targets counts for each by its share. */
function averageDown({ data, width, height }: Pixels, targetWidth: number, targetHeight: number): void {
  const band = new Float32Array(width);
  const rowsEach = height / targetHeight;
  const columnsEach = width / targetWidth;
  for (let row = 0; row < targetHeight; row++) {
    const top = row * rowsEach;
    const bottom = Math.min(height, top + rowsEach);
    band.fill(0);
    for (let y = Math.floor(top); y < bottom; y++) {
      addLuma(data, y * width, width, Math.min(y + 1, bottom) - Math.max(y, top), band);
    }
    for (let column = 0; column < targetWidth; column++) {
      const left = column * columnsEach;
      const sum = weightedSum(band, left, Math.min(width, left + columnsEach));
      luma[row * targetWidth + column] = sum / (rowsEach * columnsEach);
    }
  }
}

/** Adds the luma of `count` pixels from the `first` one on. */
function addLuma(rgb: Uint8Array, first: number, count: number, weight: number, target: Float32Array): void {
  const red = 0.299 * weight;
  const green = 0.587 * weight;
  const blue = 0.114 * weight;
  for (let i = 0, at = first * 3; i < count; i++, at += 3) {
    target[i]! += red * rgb[at]! + green * rgb[at + 1]! + blue * rgb[at + 2]!;
  }
}

function weightedSum(values: Float32Array, from: number, to: number): number {
  const first = Math.floor(from);
  let sum = values[first]! * (first - from);
  for (let i = first; i < to; i++) sum += values[i]!;
  return sum + values[Math.ceil(to) - 1]! * (to - Math.ceil(to));
}

/** Two passes of half the distance between grid points each make a tent filter (Jarosz 2001). */
const windowSize = (length: number) => Math.ceil(length / (2 * GRID));

function boxFilterRows(source: Float32Array, target: Float32Array, width: number, height: number): void {
  for (let y = 0; y < height; y++) boxFilterLine(source, target, y * width, width, 1);
}

function boxFilterColumns(source: Float32Array, target: Float32Array, width: number, height: number): void {
  for (let x = 0; x < width; x++) boxFilterLine(source, target, x, height, width);
}

/** Running mean over a window that is cut off at both ends of the line. */
function boxFilterLine(source: Float32Array, target: Float32Array, start: number, length: number, stride: number) {
  const window = windowSize(length);
  const ahead = window >> 1;
  let sum = 0;
  let inside = 0;
  let add = start;
  let drop = start;
  let write = start;
  for (; inside < ahead; inside++, add += stride) sum += source[add]!;
  while (inside < window) {
    sum += source[add]!;
    inside++;
    target[write] = sum / inside;
    add += stride;
    write += stride;
  }
  for (let i = window; i < length; i++) {
    sum += source[add]! - source[drop]!;
    target[write] = sum / window;
    add += stride;
    drop += stride;
    write += stride;
  }
  for (let i = 0; i < ahead; i++) {
    sum -= source[drop]!;
    inside--;
    target[write] = sum / inside;
    drop += stride;
    write += stride;
  }
}

function decimate(width: number, height: number): void {
  for (let row = 0; row < GRID; row++) {
    const y = Math.floor(((row + 0.5) * height) / GRID);
    for (let column = 0; column < GRID; column++) {
      const x = Math.floor(((column + 0.5) * width) / GRID);
      grid[row * GRID + column] = luma[y * width + x]!;
    }
  }
}

/** Sum of the steps between neighbours in whole per cents of white, so that faint noise counts for nothing. */
function gradientQuality(): number {
  let sum = 0;
  for (let row = 0; row < GRID; row++) {
    for (let column = 0; column < GRID; column++) {
      const at = row * GRID + column;
      if (row + 1 < GRID) sum += Math.abs(Math.trunc(((grid[at]! - grid[at + GRID]!) * 100) / 255));
      if (column + 1 < GRID) sum += Math.abs(Math.trunc(((grid[at]! - grid[at + 1]!) * 100) / 255));
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

function cosineTransform(): void {
  for (let i = 0; i < FREQUENCIES; i++) {
    for (let column = 0; column < GRID; column++) {
      let sum = 0;
      for (let k = 0; k < GRID; k++) sum += cosines[i * GRID + k]! * grid[k * GRID + column]!;
      halfTransformed[i * GRID + column] = sum;
    }
  }
  for (let i = 0; i < FREQUENCIES; i++) {
    for (let j = 0; j < FREQUENCIES; j++) {
      let sum = 0;
      for (let k = 0; k < GRID; k++) sum += halfTransformed[i * GRID + k]! * cosines[j * GRID + k]!;
      spectrum[i * FREQUENCIES + j] = sum;
    }
  }
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

function bitsAbove(median: number): Uint8Array {
  const hash = new Uint8Array(spectrum.length / 8);
  spectrum.forEach((value, bit) => {
    if (value > median) hash[hash.length - 1 - (bit >> 3)]! |= 1 << (bit & 7);
  });
  return hash;
}
