import type { Luma } from './luma.js';
import { resample, type Taps } from './plane-kernel.js';

/** Side of the grid of samples. */
export const GRID = 64;

/** A part of a picture, pixels. */
export interface Region {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Which pixels of a line each of the 64 samples is a mean of, by the line's length. */
const tentsByLength = new Map<number, Taps>();

/**
 * PDQ's 64 × 64 samples of a picture: two passes of a box filter as wide as half the distance between samples (a tent,
 * Jarosz 2001), then decimation. The filter is linear and cut off at the ends, so each sample is a weighted mean of a few
 * pixels that depend on the length of the line alone; nothing else of the filtered picture is worked out.
 */
export function sampleGrid({ values, width }: Luma, region: Region, grid: Float64Array): void {
  const part = { values, width, left: region.left, top: region.top, rows: region.height, columns: region.width };
  grid.set(resample(part, tentsOf(region.width), tentsOf(region.height), GRID, GRID));
}

function tentsOf(length: number): Taps {
  const known = tentsByLength.get(length);
  if (known) return known;
  const window = Math.ceil(length / (2 * GRID));
  const ahead = window >> 1;
  const boxStart = (at: number) => Math.max(0, at + ahead - window + 1);
  const boxEnd = (at: number) => Math.min(length, at + ahead + 1);
  const count = Math.min(length, 2 * window - 1);
  const tents = { first: new Int32Array(GRID), taps: count, weights: new Float32Array(GRID * count) };
  for (let sample = 0; sample < GRID; sample++) {
    const centre = Math.floor(((sample + 0.5) * length) / GRID);
    const first = Math.min(boxStart(boxStart(centre)), length - count);
    tents.first[sample] = first;
    const outer = boxEnd(centre) - boxStart(centre);
    for (let middle = boxStart(centre); middle < boxEnd(centre); middle++) {
      const inner = boxEnd(middle) - boxStart(middle);
      for (let at = boxStart(middle); at < boxEnd(middle); at++) {
        tents.weights[sample * count + at - first]! += 1 / (outer * inner);
      }
    }
  }
  tentsByLength.set(length, tents);
  return tents;
}
