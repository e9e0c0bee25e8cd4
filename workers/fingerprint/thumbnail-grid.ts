import type { Luma } from './luma.js';
import { resample } from './plane-kernel.js';
import { sharesOf } from './plane.js';
import { GRID, type Region } from './tent-grid.js';

/** Cells are averaged at twice the resolution, then smoothed by what leaves no moiré. */
const FINE = 2 * GRID;
const SMOOTHING = [1 / 8, 3 / 8, 3 / 8, 1 / 8] as const;

const smoothRows = new Float32Array(GRID * FINE);

/**
 * A region of a picture as 64 × 64 samples that do not depend on where the grid happens to lie: unlike PDQ's samples they
 * take every pixel into account, so that a mirrored, resized or cropped copy has the same ones.
 */
export function sampleThumbnail({ values, width }: Luma, region: Region, grid: Float64Array): void {
  const part = { values, width, left: region.left, top: region.top, rows: region.height, columns: region.width };
  const [across, down] = [sharesOf(region.width, FINE), sharesOf(region.height, FINE)];
  smooth(resample(part, across, down, FINE, FINE), grid);
}

function smooth(fine: Float32Array, grid: Float64Array): void {
  const [outer, inner] = SMOOTHING;
  for (let row = 0; row < FINE; row++) {
    for (let column = 0; column < GRID; column++) {
      const at = row * FINE + 2 * column;
      const before = fine[column === 0 ? at : at - 1]!;
      const after = fine[column === GRID - 1 ? at + 1 : at + 2]!;
      smoothRows[row * GRID + column] = outer * (before + after) + inner * (fine[at]! + fine[at + 1]!);
    }
  }
  for (let row = 0; row < GRID; row++) {
    for (let column = 0; column < GRID; column++) {
      const at = 2 * row * GRID + column;
      const before = smoothRows[row === 0 ? at : at - GRID]!;
      const after = smoothRows[row === GRID - 1 ? at + GRID : at + 2 * GRID]!;
      grid[row * GRID + column] = outer * (before + after) + inner * (smoothRows[at]! + smoothRows[at + GRID]!);
    }
  }
}
