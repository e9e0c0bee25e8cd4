import { compose, coverage, determinant, invert, stretches, type Affine } from './affine.js';
import { levelFor, type Level, type Thumbnail } from './thumbnail.js';

const PARAMETERS = 6;
const MOST_PIXELS = 64 * 64;
/** A step that moves no pixel by more than this share of one is the last. */
const SETTLED = 0.02;
/** A copy shows at least this much of one of both pictures, and is stretched and squeezed no more than this. */
const LEAST_COVERAGE = 0.06;
const MOST_STRETCH = 5;
const MOST_SQUEEZE = 2.4;

const sampled = new Float32Array(MOST_PIXELS);
const row = new Float64Array(PARAMETERS);
const normal = new Float64Array(PARAMETERS * (PARAMETERS + 1));
const slopes = new WeakMap<Level, { x: Float32Array; y: Float32Array }>();

/** Whether pictures that are copies may lie on each other like this. */
export function isPlausible(map: Affine): boolean {
  const [most, least] = stretches(map);
  return (
    map.every(Number.isFinite) &&
    most < MOST_STRETCH &&
    least > 1 / MOST_STRETCH &&
    most / least < MOST_SQUEEZE &&
    Math.max(coverage(map), coverage(invert(map))) >= LEAST_COVERAGE
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
    if (!isPlausible(map)) return null;
    const [a, b, c, d, e, f] = change;
    const motion = Math.max(Math.abs(a + b + c - 1), Math.abs(d + e + f - 1), Math.abs(c), Math.abs(f));
    if (motion * level.side < SETTLED) break;
  }
  return map;
}

/** The change of the template's coordinates that explains best how it differs from the picture under the map. */
function solveStep(template: Level, picture: Level, map: Affine): Affine | null {
  const { side, values } = template;
  const statistics = samplePicture(template, picture, map);
  if (!statistics) return null;
  const { gain, offset, spread } = statistics;
  const { x: slopesX, y: slopesY } = slopesOf(template);
  const tolerance = 2 * spread * spread + 1e-6;
  normal.fill(0);
  for (let y = 0, at = 0; y < side; y++) {
    const v = (y + 0.5) / side - 0.5;
    for (let x = 0; x < side; x++, at++) {
      const value = sampled[at]!;
      if (value !== value) continue;
      const error = value * gain + offset - values[at]!;
      const weight = tolerance / (tolerance + error * error);
      const u = (x + 0.5) / side - 0.5;
      addEquation(slopesX[at]!, slopesY[at]!, u, v, error, weight);
    }
  }
  return solution();
}

/** Fills `sampled` with the picture under the map, NaN outside; null where hardly anything lies inside or all is flat. */
function samplePicture({ side, values }: Level, picture: Level, [a, b, c, d, e, f]: Affine) {
  const { side: pictureSide, values: pixels } = picture;
  let [count, sum, squares, ownSum, ownSquares] = [0, 0, 0, 0, 0];
  for (let y = 0, at = 0; y < side; y++) {
    const v = (y + 0.5) / side;
    for (let x = 0; x < side; x++, at++) {
      const u = (x + 0.5) / side;
      const mu = a * u + b * v + c;
      const mv = d * u + e * v + f;
      if (!(mu >= 0 && mu <= 1 && mv >= 0 && mv <= 1)) {
        sampled[at] = NaN;
        continue;
      }
      const px = Math.min(pictureSide - 1, Math.max(0, mu * pictureSide - 0.5));
      const py = Math.min(pictureSide - 1, Math.max(0, mv * pictureSide - 0.5));
      const left = Math.min(pictureSide - 2, px | 0);
      const top = Math.min(pictureSide - 2, py | 0);
      const fx = px - left;
      const corner = top * pictureSide + left;
      const upper = pixels[corner]! + (pixels[corner + 1]! - pixels[corner]!) * fx;
      const below = corner + pictureSide;
      const lower = pixels[below]! + (pixels[below + 1]! - pixels[below]!) * fx;
      const value = upper + (lower - upper) * (py - top);
      const own = values[at]!;
      sampled[at] = value;
      count++;
      sum += value;
      squares += value * value;
      ownSum += own;
      ownSquares += own * own;
    }
  }
  if (count < 24) return null;
  const deviation = Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
  const ownDeviation = Math.sqrt(Math.max(0, ownSquares / count - (ownSum / count) ** 2));
  if (deviation < 0.05 || ownDeviation < 0.05) return null;
  const gain = ownDeviation / deviation;
  return { gain, offset: ownSum / count - (gain * sum) / count, spread: ownDeviation / 2 };
}

function addEquation(slopeX: number, slopeY: number, u: number, v: number, error: number, weight: number): void {
  row[0] = slopeX * u;
  row[1] = slopeX * v;
  row[2] = slopeX;
  row[3] = slopeY * u;
  row[4] = slopeY * v;
  row[5] = slopeY;
  for (let i = 0; i < PARAMETERS; i++) {
    const weighted = weight * row[i]!;
    const base = i * (PARAMETERS + 1);
    for (let j = i; j < PARAMETERS; j++) normal[base + j]! += weighted * row[j]!;
    normal[base + PARAMETERS]! += weighted * error;
  }
}

/** Gaussian elimination of the normal equations, which are mirrored below the diagonal first, and damped a little. */
function solution(): Affine | null {
  const width = PARAMETERS + 1;
  for (let i = 0; i < PARAMETERS; i++) {
    for (let j = 0; j < i; j++) normal[i * width + j] = normal[j * width + i]!;
    normal[i * width + i]! *= 1.001;
  }
  for (let i = 0; i < PARAMETERS; i++) {
    const pivot = normal[i * width + i]!;
    if (pivot < 1e-9) return null;
    for (let row = i + 1; row < PARAMETERS; row++) {
      const factor = normal[row * width + i]! / pivot;
      for (let j = i; j <= PARAMETERS; j++) normal[row * width + j]! -= factor * normal[i * width + j]!;
    }
  }
  const found = new Float64Array(PARAMETERS);
  for (let i = PARAMETERS - 1; i >= 0; i--) {
    let rest = normal[i * width + PARAMETERS]!;
    for (let j = i + 1; j < PARAMETERS; j++) rest -= normal[i * width + j]! * found[j]!;
    found[i] = rest / normal[i * width + i]!;
  }
  const [a, b, c, d, e, f] = found as unknown as Affine;
  // The parameters count from the square's centre.
  return [1 + a, b, c - (a + b) / 2, d, 1 + e, f - (d + e) / 2];
}

/** Change of brightness per side of the square. */
function slopesOf(level: Level): { x: Float32Array; y: Float32Array } {
  const known = slopes.get(level);
  if (known) return known;
  const { side, values } = level;
  const [x, y] = [new Float32Array(side * side), new Float32Array(side * side)];
  for (let row = 0; row < side; row++) {
    const [above, below] = [Math.max(0, row - 1), Math.min(side - 1, row + 1)];
    for (let column = 0; column < side; column++) {
      const [left, right] = [Math.max(0, column - 1), Math.min(side - 1, column + 1)];
      const at = row * side + column;
      x[at] = ((values[row * side + right]! - values[row * side + left]!) * side) / (right - left);
      y[at] = ((values[below * side + column]! - values[above * side + column]!) * side) / (below - above);
    }
  }
  slopes.set(level, { x, y });
  return { x, y };
}
