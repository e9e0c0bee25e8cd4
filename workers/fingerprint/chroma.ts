import type { Pixels } from '../pixels.js';
import { CHROMA_SIDE } from './evidence.js';
import type { Region } from './tent-grid.js';

/** Samples taken of each cell, in each direction. */
const SAMPLES = 6;

/**
 * Colour of a region as 16 × 16 blue-difference values, then as many red-difference ones (BT.601, 128 is none), each the
 * mean of 36 pixels spread over its cell.
 * @param region in pixels of a picture `reducedWidth` wide.
 */
export function sampleChroma({ data, width, height }: Pixels, region: Region, reducedWidth: number): Uint8Array {
  const scale = width / reducedWidth;
  const cells = CHROMA_SIDE * CHROMA_SIDE;
  const chroma = new Uint8Array(2 * cells);
  const stepAcross = (region.width * scale) / (CHROMA_SIDE * SAMPLES);
  const stepDown = (region.height * scale) / (CHROMA_SIDE * SAMPLES);
  for (let cell = 0; cell < cells; cell++) {
    const left = region.left * scale + (cell % CHROMA_SIDE) * SAMPLES * stepAcross;
    const top = region.top * scale + Math.floor(cell / CHROMA_SIDE) * SAMPLES * stepDown;
    let [red, green, blue] = [0, 0, 0];
    for (let row = 0; row < SAMPLES; row++) {
      const y = Math.min(height - 1, Math.floor(top + (row + 0.5) * stepDown));
      for (let column = 0; column < SAMPLES; column++) {
        const x = Math.min(width - 1, Math.floor(left + (column + 0.5) * stepAcross));
        const at = (y * width + x) * 3;
        red += data[at]!;
        green += data[at + 1]!;
        blue += data[at + 2]!;
      }
    }
    const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
    chroma[cell] = Math.round(Math.min(255, 128 + (0.564 * (blue - luma)) / SAMPLES ** 2));
    chroma[cells + cell] = Math.round(Math.min(255, 128 + (0.713 * (red - luma)) / SAMPLES ** 2));
  }
  return chroma;
}
