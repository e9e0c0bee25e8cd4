import type { ColourPlanes, Pixels } from '../pixels.js';
import { averageLuma, lumaValues as values, WIDEST_BAND, writeLuma, type LumaSource } from './plane-kernel.js';
import { sharesOf } from './plane.js';

/** Longest side of the reduced picture that all hashing starts from, pixels. */
export const REDUCED_SIDE = 512;

/** Brightness of a picture, 0…255, row by row. `values` is longer than the picture and lent until the next reduction. */
export interface Luma {
  values: Float32Array;
  width: number;
  height: number;
}

/**
 * Luma (BT.601) of a picture, averaged down by area to fit 512 × 512 where it is larger: a row or column that straddles
 * two targets counts for each by its share.
 */
export function reduceToLuma(pixels: Pixels | ColourPlanes): Luma {
  const source: LumaSource = { ...pixels, channels: 'chroma' in pixels ? 1 : 3 };
  const scale = REDUCED_SIDE / Math.max(pixels.width, pixels.height);
  if (scale >= 1) {
    writeLuma(source);
    return { values, width: pixels.width, height: pixels.height };
  }
  const width = Math.max(1, Math.round(pixels.width * scale));
  const height = Math.max(1, Math.round(pixels.height * scale));
  if (pixels.width > WIDEST_BAND) averageWide(source, width, height);
  else averageLuma(source, { width, height }, sharesOf(pixels.width, width));
  return { values, width, height };
}

/** What `averageLuma` does, for pictures that are too wide for it. */
function averageWide({ data, width, height, channels }: LumaSource, targetWidth: number, targetHeight: number): void {
  const line = new Float32Array(width + 1);
  const rowsEach = height / targetHeight;
  const { first, taps, weights } = sharesOf(width, targetWidth);
  values.fill(0, 0, targetWidth * targetHeight);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      line[x] = channels === 1 ? data[at]! : 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
    }
    const row = Math.min(targetHeight - 1, Math.floor(y / rowsEach));
    const share = Math.min(1, (row + 1) * rowsEach - y) / rowsEach;
    const rest = row + 1 < targetHeight ? 1 / rowsEach - share : 0;
    const target = row * targetWidth;
    const next = rest > 1e-9 ? target + targetWidth : target;
    for (let column = 0, weight = 0; column < targetWidth; column++) {
      const from = first[column]!;
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) sum += line[from + tap]! * weights[weight++]!;
      values[target + column]! += sum * share;
      if (next !== target) values[next + column]! += sum * rest;
    }
  }
}
