import { MOST_FEATURES, type Evidence } from '../fingerprint/evidence.js';
import { FEATURE_SIDE } from '../fingerprint/local-features.js';
import { compose, determinant, invert, type Affine } from './affine.js';
import { isPlausible } from './alignment.js';
import { pairUp, pointsOf, type FeaturePairs, type Points } from './feature-pairs.js';

/** A map that brings local features of two pictures together. */
export interface LocalAlignment {
  /** From one content's unit square to the other's. */
  map: Affine;
  inliers: number;
  /** Of the features that both pictures would have if one were made of the other, those that agree; 0…1 or a little more. */
  share: number;
}

const LEAST_INLIERS = 5;
/** So near to an edge, in shares of a side, or so far beyond the levels that there are, a corner is not found again. */
const EDGE = 0.03;
const MOST_LEVEL = 3;
const LEVEL_SLACK = 0.75;
/** Corners that a map brings this near are its inliers; in shares of the longer side, at level 0. */
const TOLERANCE = 0.016;
const MOST_TURN = 24;
const MOST_SCALE_STEPS = 1.6;

const followers = new Uint8Array(MOST_FEATURES);
const taken = new Uint8Array(MOST_FEATURES);

/**
 * Finds the map by which most features agree, of the picture as it is or mirrored: each pair of features that look alike
 * proposes the similarity that their directions and sizes say, the one with most followers is fitted to them. No chance
 * is involved.
 */
export function alignLocally(first: Evidence, second: Evidence): LocalAlignment | null {
  const best = [false, true]
    .map((mirrored) => alignOneWay(first, second, mirrored))
    .reduce((a, b) => (b && (!a || b.inliers > a.inliers) ? b : a));
  if (!best) return null;
  const map = compose(invert(contentMap(second)), compose(best.map, contentMap(first)));
  return isPlausible(map)
    ? { map, inliers: best.inliers, share: best.inliers / shared(first, second, best.map) }
    : null;
}

/** How many features both pictures can have, laid like this on each other: what lies in the other, at a size it has too. */
function shared(first: Evidence, second: Evidence, map: Affine): number {
  const steps = Math.log2((Math.abs(determinant(map)) * shapeOf(second)) / shapeOf(first));
  const inSecond = countInside(first, map, steps);
  return Math.max(1, Math.min(inSecond, countInside(second, invert(map), -steps)));
}

/** Area of a picture whose longer side is 1. */
const shapeOf = ({ width, height }: Evidence) => Math.min(width, height) / Math.max(width, height);

function countInside({ features: { count, x, y, level } }: Evidence, map: Affine, steps: number): number {
  const [a, b, c, d, e, f] = map;
  let inside = 0;
  for (let i = 0; i < count; i++) {
    const u = a * x[i]! + b * y[i]! + c;
    const v = d * x[i]! + e * y[i]! + f;
    const there = level[i]! + steps;
    if (there <= -LEVEL_SLACK || there >= MOST_LEVEL + LEVEL_SLACK) continue;
    if (Math.min(u, v) > EDGE && Math.max(u, v) < 1 - EDGE) inside++;
  }
  return inside;
}

/** From the content's unit square to that of the whole picture. */
export function contentMap({ content: [left, top, right, bottom] }: Evidence): Affine {
  return [right - left, 0, left, 0, bottom - top, top];
}

function alignOneWay(first: Evidence, second: Evidence, mirrored: boolean): { map: Affine; inliers: number } | null {
  if (Math.min(first.features.count, second.features.count) < LEAST_INLIERS) return null;
  const a = pointsOf(first, mirrored);
  const b = pointsOf(second, false);
  const pairs = pairUp(a, b);
  if (pairs.count < LEAST_INLIERS) return null;
  let [most, leader] = [0, 0];
  for (let pair = 0; pair < pairs.count; pair++) {
    const followers = follow(similarity(a, b, pairs.first[pair]!, pairs.second[pair]!), a, b, pairs, 2 * TOLERANCE);
    if (followers > most) [most, leader] = [followers, pair];
  }
  if (most < LEAST_INLIERS) return null;
  follow(similarity(a, b, pairs.first[leader]!, pairs.second[leader]!), a, b, pairs, 2 * TOLERANCE);
  let map = fitAffine(a, b, pairs, most);
  for (let round = 0; round < 2 && map; round++) {
    most = follow(map, a, b, pairs, TOLERANCE);
    if (most < LEAST_INLIERS) return null;
    map = fitAffine(a, b, pairs, most);
  }
  if (!map) return null;
  // From units of the longer side, the first mirrored, to unit squares.
  const unit = (points: Points): Affine => [points.scaleX, 0, 0, 0, points.scaleY, 0];
  const mirror: Affine = mirrored ? [-1, 0, 1, 0, 1, 0] : [1, 0, 0, 0, 1, 0];
  return { map: compose(invert(unit(b)), compose(map, compose(unit(a), mirror))), inliers: most };
}

/** Size of a feature's surroundings in units of the longer side. */
const sizeOf = (level: number) => 2 ** (level / 2) / FEATURE_SIDE;

function similarity(a: Points, b: Points, first: number, second: number): Affine {
  const scale = sizeOf(b.level[second]!) / sizeOf(a.level[first]!);
  const turn = ((b.angle[second]! - a.angle[first]!) / 256) * 2 * Math.PI;
  const [cos, sin] = [scale * Math.cos(turn), scale * Math.sin(turn)];
  const [x, y] = [a.x[first]!, a.y[first]!];
  return [cos, -sin, b.x[second]! - cos * x + sin * y, sin, cos, b.y[second]! - sin * x - cos * y];
}

/**
 * Finds the pairs that a map brings together, whose directions and sizes agree with it; each feature once. Leaves their
 * numbers in `followers`. @returns how many.
 */
function follow(map: Affine, a: Points, b: Points, pairs: FeaturePairs, tolerance: number): number {
  const [ma, mb, mc, md, me, mf] = map;
  const turn = (Math.atan2(md - mb, ma + me) / (2 * Math.PI)) * 256;
  const steps = Math.log2(Math.abs(ma * me - mb * md));
  // A copy that is pasted in small lies closer together than its own size says.
  const reach = tolerance * Math.min(1, Math.max(0.35, 2 ** (steps / 2)));
  taken.fill(0);
  let count = 0;
  for (let pair = 0; pair < pairs.count; pair++) {
    const [first, second] = [pairs.first[pair]!, pairs.second[pair]!];
    const dx = ma * a.x[first]! + mb * a.y[first]! + mc - b.x[second]!;
    const dy = md * a.x[first]! + me * a.y[first]! + mf - b.y[second]!;
    if (dx * dx + dy * dy > reach * reach || taken[second] === 1) continue;
    const off = (((b.angle[second]! - a.angle[first]! - turn) % 256) + 384 + 256) % 256;
    if (Math.abs(off - 128) > MOST_TURN) continue;
    if (Math.abs(b.level[second]! - a.level[first]! - steps) > MOST_SCALE_STEPS) continue;
    taken[second] = 1;
    followers[count++] = pair;
  }
  return count;
}

/** Least squares over the first so many of `followers`, held to a similarity where the points say little about more. */
function fitAffine(a: Points, b: Points, pairs: FeaturePairs, count: number): Affine | null {
  let [meanX, meanY, meanU, meanV] = [0, 0, 0, 0];
  for (let index = 0; index < count; index++) {
    const [first, second] = [pairs.first[followers[index]!]!, pairs.second[followers[index]!]!];
    meanX += a.x[first]! / count;
    meanY += a.y[first]! / count;
    meanU += b.x[second]! / count;
    meanV += b.y[second]! / count;
  }
  let [xx, xy, yy, xu, yu, xv, yv] = [0, 0, 0, 0, 0, 0, 0];
  for (let index = 0; index < count; index++) {
    const [first, second] = [pairs.first[followers[index]!]!, pairs.second[followers[index]!]!];
    const [x, y] = [a.x[first]! - meanX, a.y[first]! - meanY];
    const [u, v] = [b.x[second]! - meanU, b.y[second]! - meanV];
    xx += x * x;
    xy += x * y;
    yy += y * y;
    xu += x * u;
    yu += y * u;
    xv += x * v;
    yv += y * v;
  }
  const spread = xx + yy;
  if (spread < 1e-6) return null;
  const [p, q] = [(xu + yv) / spread, (xv - yu) / spread];
  const hold = 0.1 * spread;
  const det = (xx + hold) * (yy + hold) - xy * xy;
  const solve = (s: number, t: number, priorX: number, priorY: number): [number, number] => {
    const [left, right] = [s + hold * priorX, t + hold * priorY];
    return [(left * (yy + hold) - right * xy) / det, (right * (xx + hold) - left * xy) / det];
  };
  const [ma, mb] = solve(xu, yu, p, -q);
  const [md, me] = solve(xv, yv, q, p);
  return [ma, mb, meanU - ma * meanX - mb * meanY, md, me, meanV - md * meanX - me * meanY];
}
