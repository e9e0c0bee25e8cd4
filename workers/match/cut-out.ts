import type { Affine } from './affine.js';
import { sample } from './bilinear.js';

const SIDE = 64;

/** A part of the thumbnail stretched to 64 × 64 pixels. */
export function cutOut(values: Float32Array, map: Affine): Float32Array {
  const [a, b, c, d, e, f] = map;
  if (b === 0 && d === 0) return cutStraight(values, map);
  const cut = new Float32Array(SIDE * SIDE);
  for (let at = 0; at < cut.length; at++) {
    const [u, v] = [((at % SIDE) + 0.5) / SIDE, (Math.floor(at / SIDE) + 0.5) / SIDE];
    cut[at] = sample(values, SIDE, a * u + b * v + c, d * u + e * v + f);
  }
  return cut;
}

const lefts = new Uint8Array(SIDE);
const shares = new Float64Array(SIDE);

/** The same of a part that is not turned, where all of a column lies between two columns. */
function cutStraight(values: Float32Array, [a, , c, , e, f]: Affine): Float32Array {
  const cut = new Float32Array(SIDE * SIDE);
  for (let column = 0; column < SIDE; column++) {
    const x = placeBetween(a * ((column + 0.5) / SIDE) + c);
    lefts[column] = Math.min(SIDE - 2, x);
    shares[column] = x - lefts[column]!;
  }
  for (let row = 0, at = 0; row < SIDE; row++) {
    const y = placeBetween(e * ((row + 0.5) / SIDE) + f);
    const top = Math.min(SIDE - 2, y | 0);
    const down = y - top;
    for (let column = 0; column < SIDE; column++, at++) {
      const from = top * SIDE + lefts[column]!;
      const upper = values[from]! + (values[from + 1]! - values[from]!) * shares[column]!;
      const lower = values[from + SIDE]! + (values[from + SIDE + 1]! - values[from + SIDE]!) * shares[column]!;
      cut[at] = upper + (lower - upper) * down;
    }
  }
  return cut;
}

/** Where a point of the unit square lies between pixels' centres. */
const placeBetween = (u: number) => Math.min(SIDE - 1, Math.max(0, u * SIDE - 0.5));
