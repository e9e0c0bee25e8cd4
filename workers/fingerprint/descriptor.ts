import { multiply } from './plane-kernel.js';
import { GRID } from './tent-grid.js';

export const DESCRIPTOR_LENGTH = 64;
/** Euclidean length of a descriptor: the dot product of two fits 16 bits. */
export const DESCRIPTOR_NORM = 178;

const SIDE = 8;
const cosines = cosineMatrix();
const transposed = Float64Array.from(cosines, (_, at) => cosines[(at % SIDE) * GRID + Math.floor(at / SIDE)]!);
const magnitudes = new Float64Array(SIDE * SIDE);

/**
 * What a picture is made of, whichever way it is mirrored: square roots of the magnitudes of the low 8 × 8 frequencies
 * of the DCT, each in relation to what photographs have on the average, less the picture's own mean. The dot product of
 * two, divided by `DESCRIPTOR_NORM`², is about the cosine of the angle between them. Turning a picture by 90° exchanges
 * rows and columns.
 * @param samples 64 × 64.
 * @returns 64 values; all 0 where the picture has no structure.
 */
export function describeSpectrum(samples: Float64Array): Int8Array {
  transform(samples);
  const descriptor = new Int8Array(DESCRIPTOR_LENGTH);
  let sum = 0;
  for (let i = 0; i < magnitudes.length; i++) {
    const expected = 1 / Math.sqrt(1 + (i >> 3) ** 2 + (i & 7) ** 2);
    const value = i === 0 ? 0 : Math.sqrt(Math.abs(magnitudes[i]!) / expected);
    magnitudes[i] = value;
    sum += value;
  }
  const mean = sum / (DESCRIPTOR_LENGTH - 1);
  let squares = 0;
  for (let i = 1; i < magnitudes.length; i++) squares += (magnitudes[i]! - mean) ** 2;
  if (mean < LEAST_MEAN) return descriptor;
  const scale = DESCRIPTOR_NORM / Math.sqrt(squares);
  for (let i = 1; i < magnitudes.length; i++) {
    descriptor[i] = Math.max(-127, Math.min(127, Math.round((magnitudes[i]! - mean) * scale)));
  }
  return descriptor;
}

/** Below it the frequencies are what rounding left of a flat picture. */
const LEAST_MEAN = 1;

/** The descriptor of the picture turned by 90°, either way. */
export function transposeDescriptor(descriptor: Int8Array): Int8Array {
  return descriptor.map((_, index) => descriptor[(index & 7) * SIDE + (index >> 3)]!);
}

function transform(samples: Float64Array): void {
  magnitudes.set(multiply(multiply(cosines, samples, GRID), transposed, GRID));
}

/** Frequencies 0…7 of the 64-point DCT-II. */
function cosineMatrix(): Float64Array {
  const matrix = new Float64Array(SIDE * GRID);
  for (let frequency = 0; frequency < SIDE; frequency++) {
    for (let at = 0; at < GRID; at++) {
      const scale = Math.sqrt((frequency === 0 ? 1 : 2) / GRID);
      matrix[frequency * GRID + at] = scale * Math.cos((Math.PI / (2 * GRID)) * frequency * (2 * at + 1));
    }
  }
  return matrix;
}
