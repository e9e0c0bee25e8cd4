import { compose, coverage, determinant, invert, stretches, type Affine } from './affine.js';
import { fitBrightness } from './brightness-fit.js';
import { solveNormalEquations } from './normal-equations.js';
import { sampled, sampleUnder } from './sampling.js';
import { levelFor, type Level, type Thumbnail } from './thumbnail.js';

const PARAMETERS = 6;
const LEAST_PIXELS = 24;
/** A step that moves no pixel by more than this share of one is the last. */
const SETTLED = 0.02;
/** A copy shows at least this much of one of both pictures, and is stretched and squeezed no more than this. */
const LEAST_COVERAGE = 0.06;
const MOST_STRETCH = 5;
const MOST_SQUEEZE = 2.4;

/** Of each of the three products of slopes; then the right-hand side. */
const MOMENTS = 6;
const moments = new Float64Array(3 * MOMENTS + PARAMETERS);
/** Where the product of two of (u, v, 1) stands among the moments. */
const PLACES = [0, 1, 2, 1, 3, 4, 2, 4, 5] as const;
const normal = new Float64Array(PARAMETERS * (PARAMETERS + 1));

/** Whether pictures that are copies may lie on each other like this. */
export function isPlausible(map: Affine): boolean {
  return isModest(map) && Math.max(coverage(map), coverage(invert(map))) >= LEAST_COVERAGE;
}

/** Stretched within bounds; NaN is not. */
function isModest(map: Affine): boolean {
  const [most, least] = stretches(map);
  return (
    most < MOST_STRETCH && least > 1 / MOST_STRETCH && most / least < MOST_SQUEEZE && Math.abs(map[2] + map[5]) < 99
  );
}

/**
 * Moves a map from the template's unit square to the picture's to where both agree: inverse compositional Lucas-Kanade
 * (Baker and Matthews, IJCV 2004), free of brightness and contrast, pixels that disagree much count little.
 * @param side of the template's level; the picture's is chosen so that pixels have the same size.
 * @returns null where it leads to no plausible map.
 */
export function refine(
  template: Thumbnail,
  picture: Thumbnail,
  start: Affine,
  side: number,
  steps: number,
): Affine | null {
  const level = levelFor(template, side);
  let map = start;
  for (let step = 0; step < steps; step++) {
    const scale = Math.sqrt(Math.abs(determinant(map)));
    const change = solveStep(level, levelFor(picture, level.side / scale), map);
    if (!change) return null;
    map = compose(map, invert(change));
    if (!isModest(map)) return null;
    const [a, b, c, d, e, f] = change;
    const motion = Math.max(Math.abs(a + b + c - 1), Math.abs(d + e + f - 1), Math.abs(c), Math.abs(f));
    if (motion * level.side < SETTLED) break;
  }
  return isPlausible(map) ? map : null;
}

/** The change of the template's coordinates that explains best how it differs from the picture under the map. */
function solveStep(template: Level, picture: Level, map: Affine): Affine | null {
  const { side, values } = template;
  const fit = sampleUnder(template, picture, map) < LEAST_PIXELS ? null : fitBrightness(values);
  if (!fit) return null;
  const { gain, offset, deviation } = fit;
  const spread = deviation / 2;
  const { x: slopesX, y: slopesY } = template.slopes;
  const tolerance = 2 * spread * spread + 1e-6;
  moments.fill(0);
  for (let y = 0, at = 0; y < side; y++) {
    // Along a row v is the same, so the row's sums over u are all that is needed.
    let [xx0, xx1, xx2, xy0, xy1, xy2, yy0, yy1, yy2] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
    let [errorX0, errorX1, errorY0, errorY1] = [0, 0, 0, 0];
    for (let x = 0; x < side; x++, at++) {
      const value = sampled[at]!;
      if (value !== value) continue;
      const error = value * gain + offset - values[at]!;
      const weight = tolerance / (tolerance + error * error);
      const u = (x + 0.5) / side - 0.5;
      const slopeX = slopesX[at]!;
      const slopeY = slopesY[at]!;
      const weightedX = weight * slopeX;
      const weightedY = weight * slopeY;
      const xx = weightedX * slopeX;
      const xy = weightedX * slopeY;
      const yy = weightedY * slopeY;
      xx0 += xx;
      xx1 += xx * u;
      xx2 += xx * u * u;
      xy0 += xy;
      xy1 += xy * u;
      xy2 += xy * u * u;
      yy0 += yy;
      yy1 += yy * u;
      yy2 += yy * u * u;
      const errorX = weightedX * error;
      const errorY = weightedY * error;
      errorX0 += errorX;
      errorX1 += errorX * u;
      errorY0 += errorY;
      errorY1 += errorY * u;
    }
    const v = (y + 0.5) / side - 0.5;
    addRow(0, v, xx0, xx1, xx2);
    addRow(MOMENTS, v, xy0, xy1, xy2);
    addRow(2 * MOMENTS, v, yy0, yy1, yy2);
    const errors = 3 * MOMENTS;
    moments[errors]! += errorX1;
    moments[errors + 1]! += v * errorX0;
    moments[errors + 2]! += errorX0;
    moments[errors + 3]! += errorY1;
    moments[errors + 4]! += v * errorY0;
    moments[errors + 5]! += errorY0;
  }
  fillNormal();
  return solution();
}

/** Adds the products of (u, v, 1) with itself, weighted, of a row: uu, uv, u, vv, v, 1. */
function addRow(start: number, v: number, sum: number, sumU: number, sumUU: number): void {
  moments[start]! += sumUU;
  moments[start + 1]! += v * sumU;
  moments[start + 2]! += sumU;
  moments[start + 3]! += v * v * sum;
  moments[start + 4]! += v * sum;
  moments[start + 5]! += sum;
}

/** The upper half of the normal equations of [slopeX · (u, v, 1), slopeY · (u, v, 1)]. */
function fillNormal(): void {
  const half = PARAMETERS / 2;
  for (let i = 0; i < PARAMETERS; i++) {
    for (let j = i; j < PARAMETERS; j++) {
      const block = ((i >= half ? 1 : 0) + (j >= half ? 1 : 0)) * MOMENTS;
      normal[i * (PARAMETERS + 1) + j] = moments[block + PLACES[(i % half) * half + (j % half)]!]!;
    }
    normal[i * (PARAMETERS + 1) + PARAMETERS] = moments[3 * MOMENTS + i]!;
  }
}

/** The map that the normal equations ask for. */
function solution(): Affine | null {
  const found = solveNormalEquations(normal, PARAMETERS);
  if (!found) return null;
  const [a, b, c, d, e, f] = found as unknown as Affine;
  // The parameters count from the square's centre.
  return [1 + a, b, c - (a + b) / 2, d, 1 + e, f - (d + e) / 2];
}
