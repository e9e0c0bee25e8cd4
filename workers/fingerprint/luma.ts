import type { Pixels } from '../pixels.js';

/** Longest side of the reduced picture that all hashing starts from, pixels. */
export const REDUCED_SIDE = 512;

/** Brightness of a picture, 0…255, row by row. `values` is longer than the picture and lent until the next reduction. */
export interface Luma {
  values: Float32Array;
  width: number;
  height: number;
}

/** Hashing is synchronous, so one buffer serves every picture of a thread. */
const values = new Float32Array(REDUCED_SIDE * REDUCED_SIDE);

/** Luma (BT.601) of a picture, averaged down by area to fit 512 × 512 where it is larger. */
export function reduceToLuma(pixels: Pixels): Luma {
  const scale = REDUCED_SIDE / Math.max(pixels.width, pixels.height);
  if (scale >= 1) {
    setLuma(pixels.data, pixels.width * pixels.height);
    return { values, width: pixels.width, height: pixels.height };
  }
  const width = Math.max(1, Math.round(pixels.width * scale));
  const height = Math.max(1, Math.round(pixels.height * scale));
  averageDown(pixels, width, height);
  return { values, width, height };
}

function setLuma(rgb: Uint8Array, count: number): void {
  for (let i = 0, at = 0; i < count; i++, at += 3) {
    values[i] = 0.299 * rgb[at]! + 0.587 * rgb[at + 1]! + 0.114 * rgb[at + 2]!;
  }
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
      values[row * targetWidth + column] = sum / (rowsEach * columnsEach);
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

function weightedSum(band: Float32Array, from: number, to: number): number {
  const first = Math.floor(from);
  let sum = band[first]! * (first - from);
  for (let i = first; i < to; i++) sum += band[i]!;
  return sum + band[Math.ceil(to) - 1]! * (to - Math.ceil(to));
}
