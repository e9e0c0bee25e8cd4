import type { Affine } from './affine.js';
import { sample } from './bilinear.js';
import { kernel, PICTURE, PICTURE_DETAIL, SAMPLED, SUMS, TEMPLATE, TEMPLATE_DETAIL } from './pixel-kernel.js';
import type { Level } from './thumbnail.js';

const MOST_PIXELS = 64 * 64;

const planeAt = (start: number) => new Float32Array(kernel.memory.buffer, start, MOST_PIXELS);
const template = planeAt(TEMPLATE);
const picture = planeAt(PICTURE);
const sums = new Float64Array(kernel.memory.buffer, SUMS, 10);

/** The picture's brightness under the map, pixel by pixel of the template; NaN where it lies outside the picture. */
export const sampled = planeAt(SAMPLED);
/** Brightness less that of what lies around within the shared area; NaN outside it. */
export const ownDetail = planeAt(TEMPLATE_DETAIL);
export const otherDetail = planeAt(PICTURE_DETAIL);

let placedTemplate: Level | null = null;
let placedPicture: Level | null = null;

/**
 * Fills `sampled`, between the picture's pixels.
 * @param map from the template's unit square to the picture's.
 * @returns how many of the template's pixels lie in the picture.
 */
export function sampleUnder(own: Level, other: Level, [a, b, c, d, e, f]: Affine): number {
  if (placedTemplate !== own) template.set((placedTemplate = own).values);
  if (placedPicture !== other) picture.set((placedPicture = other).values);
  return kernel.sample(own.side, other.side, a, b, c, d, e, f);
}

/** Terms of second order at most in each direction: 1, u, v, u², uv, v² of places counted from the square's centre. */
export const TERMS = 6;
/** How far each of the template's points is moved before it is mapped: the terms' shares to the right, then downwards. */
export type Bend = Float64Array;

/** As `sampleUnder`, of a bent template, and more slowly. */
export function sampleBent({ side }: Level, other: Level, [a, b, c, d, e, f]: Affine, bend: Bend): number {
  let inside = 0;
  for (let at = 0; at < side * side; at++) {
    const [u, v] = [((at % side) + 0.5) / side - 0.5, (Math.floor(at / side) + 0.5) / side - 0.5];
    const moved = (from: number) =>
      bend[from]! +
      bend[from + 1]! * u +
      bend[from + 2]! * v +
      bend[from + 3]! * u * u +
      bend[from + 4]! * u * v +
      bend[from + 5]! * v * v;
    const [x, y] = [u + 0.5 + moved(0), v + 0.5 + moved(TERMS)];
    const [mappedX, mappedY] = [a * x + b * y + c, d * x + e * y + f];
    const isInside = mappedX >= 0 && mappedX <= 1 && mappedY >= 0 && mappedY <= 1;
    sampled[at] = isInside ? sample(other.values, other.side, mappedX, mappedY) : NaN;
    if (isInside) inside++;
  }
  return inside;
}

/** Sums over shared pixels: of the template's values a, the picture's b, and their products. */
export interface Sums {
  count: number;
  a: number;
  b: number;
  aa: number;
  bb: number;
  ab: number;
}

/**
 * Samples the picture under the map and fills `ownDetail` and `otherDetail`: each pixel less the mean of the shared ones
 * among the 7 × 7 around it. What lies beside a pasted-in picture, or in a turned picture's corners, has no part in it.
 * @param bend how the template is bent before, where it is.
 * @returns null where fewer than `least` pixels are shared.
 */
export function compareUnder(
  own: Level,
  other: Level,
  map: Affine,
  least: number,
  bend: Bend | null = null,
): { values: Sums; detail: Sums } | null {
  const straight = sampleUnder(own, other, map);
  const count = bend ? sampleBent(own, other, map, bend) : straight;
  if (count < least) return null;
  kernel.compare(own.side);
  const sumsFrom = (at: number): Sums => ({
    count,
    a: sums[at]!,
    b: sums[at + 1]!,
    aa: sums[at + 2]!,
    bb: sums[at + 3]!,
    ab: sums[at + 4]!,
  });
  return { values: sumsFrom(0), detail: sumsFrom(5) };
}
