import type { ColourPlanes, Pixels, Plane8 } from '../pixels.js';
import { CHROMA_SIDE } from './evidence.js';
import type { Region } from './tent-grid.js';

/** Samples taken of each cell, in each direction. */
const SAMPLES = 6;
const SIDE = CHROMA_SIDE * SAMPLES;
const CELLS = CHROMA_SIDE * CHROMA_SIDE;
const NEUTRAL = 128;

const across = new Int32Array(SIDE);
const down = new Int32Array(SIDE);

/**
 * Colour of a region as 16 × 16 blue-difference values, then as many red-difference ones (BT.601, 128 is none), each the
 * mean of 36 pixels spread over its cell.
 * @param region in pixels of a picture of the size `reduced`.
 */
export function sampleChroma(
  pixels: Pixels | ColourPlanes,
  region: Region,
  reduced: { width: number; height: number },
): Uint8Array {
  const chroma = new Uint8Array(2 * CELLS);
  if (!('chroma' in pixels)) {
    placeSamples(pixels, region, reduced, 3);
    return sampleRgb(pixels, chroma);
  }
  if (!pixels.chroma) return chroma.fill(NEUTRAL);
  placeSamples(pixels.chroma.blue, region, reduced, 1);
  samplePlane(pixels.chroma.blue, chroma, 0);
  samplePlane(pixels.chroma.red, chroma, CELLS);
  return chroma;
}

/** Fills `across` and `down` with where the samples lie in the bytes. */
function placeSamples(
  { width, height }: { width: number; height: number },
  region: Region,
  reduced: { width: number; height: number },
  channels: number,
): void {
  const [scaleAcross, scaleDown] = [width / reduced.width, height / reduced.height];
  for (let i = 0; i < SIDE; i++) {
    const share = (i + 0.5) / SIDE;
    const x = Math.floor((region.left + share * region.width) * scaleAcross);
    const y = Math.floor((region.top + share * region.height) * scaleDown);
    across[i] = Math.min(width - 1, x) * channels;
    down[i] = Math.min(height - 1, y) * width * channels;
  }
}

function sampleRgb({ data }: Pixels, chroma: Uint8Array): Uint8Array {
  for (let cell = 0; cell < CELLS; cell++) {
    const [left, top] = [(cell % CHROMA_SIDE) * SAMPLES, Math.floor(cell / CHROMA_SIDE) * SAMPLES];
    let [red, green, blue] = [0, 0, 0];
    for (let row = top; row < top + SAMPLES; row++) {
      for (let column = left; column < left + SAMPLES; column++) {
        const at = down[row]! + across[column]!;
        red += data[at]!;
        green += data[at + 1]!;
        blue += data[at + 2]!;
      }
    }
    const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
    chroma[cell] = Math.round(Math.min(255, NEUTRAL + (0.564 * (blue - luma)) / SAMPLES ** 2));
    chroma[CELLS + cell] = Math.round(Math.min(255, NEUTRAL + (0.713 * (red - luma)) / SAMPLES ** 2));
  }
  return chroma;
}

function samplePlane({ data }: Plane8, chroma: Uint8Array, start: number): void {
  for (let cell = 0; cell < CELLS; cell++) {
    const [left, top] = [(cell % CHROMA_SIDE) * SAMPLES, Math.floor(cell / CHROMA_SIDE) * SAMPLES];
    let sum = 0;
    for (let row = top; row < top + SAMPLES; row++) {
      const line = down[row]!;
      for (let column = left; column < left + SAMPLES; column++) sum += data[line + across[column]!]!;
    }
    chroma[start + cell] = Math.round(sum / SAMPLES ** 2);
  }
}
