import { stretches, type Affine } from './affine.js';
import { fitBrightness } from './brightness-fit.js';
import { solveNormalEquations } from './normal-equations.js';
import { sampled, sampleBent, TERMS, type Bend } from './sampling.js';
import { levelFor, type Level, type Thumbnail } from './thumbnail.js';

const PARAMETERS = 2 * TERMS;
/** Sides of the template's levels, each with the number of steps at the most. */
const LEVELS = [
  [32, 8],
  [64, 2],
] as const;
const SETTLED = 0.02;
/** How far the terms of second order may move anything, in sides: a page seen from the side, no other shot. */
const MOST_BEND = 0.3;
const LEAST_SHARED = 0.25;

const row = new Float64Array(PARAMETERS);
const normal = new Float64Array(PARAMETERS * (PARAMETERS + 1));

/**
 * Bends a map that is nearly right to where both pictures agree, as a flat picture lies that is seen at a slant or
 * through a lens: Lucas-Kanade of the six terms up to second order in each direction.
 * @param map from the template's unit square to the picture's.
 * @returns how the template's points are moved before they are mapped; null where it leads to nothing that a slant explains.
 */
export function refineBend(template: Thumbnail, picture: Thumbnail, map: Affine): Bend | null {
  const [most, least] = stretches(map);
  const scale = Math.sqrt(most * least);
  const bend: Bend = new Float64Array(PARAMETERS);
  for (const [side, steps] of LEVELS) {
    const level = template.level(side);
    const other = levelFor(picture, side / scale);
    for (let step = 0; step < steps; step++) {
      if (sampleBent(level, other, map, bend) < LEAST_SHARED * side * side) return null;
      const change = solveStep(level);
      if (!change) return null;
      for (let i = 0; i < PARAMETERS; i++) bend[i]! -= change[i]!;
      const bent = Math.hypot(...bend.subarray(3, TERMS), ...bend.subarray(TERMS + 3));
      if (!(bent <= MOST_BEND)) return null;
      if (Math.max(...change.map(Math.abs)) * side < SETTLED) break;
    }
  }
  return bend;
}

function solveStep(level: Level): Float64Array | null {
  const { side, values } = level;
  const slopes = level.slopes;
  const fit = fitBrightness(values);
  if (!fit) return null;
  const { gain, offset, deviation } = fit;
  const tolerance = deviation ** 2 / 2;
  normal.fill(0);
  for (let at = 0; at < values.length; at++) {
    const value = sampled[at]!;
    if (value !== value) continue;
    const error = value * gain + offset - values[at]!;
    const weight = tolerance / (tolerance + error * error);
    fillRow(slopes.x[at]!, slopes.y[at]!, ((at % side) + 0.5) / side - 0.5, (Math.floor(at / side) + 0.5) / side - 0.5);
    for (let i = 0; i < PARAMETERS; i++) {
      const weighted = weight * row[i]!;
      for (let j = i; j < PARAMETERS; j++) normal[i * (PARAMETERS + 1) + j]! += weighted * row[j]!;
      normal[i * (PARAMETERS + 1) + PARAMETERS]! += weighted * error;
    }
  }
  return solveNormalEquations(normal, PARAMETERS);
}

function fillRow(x: number, y: number, u: number, v: number): void {
  row[0] = x;
  row[1] = x * u;
  row[2] = x * v;
  row[3] = x * u * u;
  row[4] = x * u * v;
  row[5] = x * v * v;
  row[6] = y;
  row[7] = y * u;
  row[8] = y * v;
  row[9] = y * u * u;
  row[10] = y * u * v;
  row[11] = y * v * v;
}
