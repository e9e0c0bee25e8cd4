import { mirrorDescriptions } from '../fingerprint/brief.js';
import { DESCRIPTOR_BYTES, type Evidence } from '../fingerprint/evidence.js';
import { FEATURE_SIDE, type LocalFeatures } from '../fingerprint/local-features.js';
import { compose, invert, type Affine } from './affine.js';
import { isPlausible } from './alignment.js';

/** A map that brings local features of two pictures together. */
export interface LocalAlignment {
  /** From one content's unit square to the other's. */
  map: Affine;
  inliers: number;
}

/** Bits of 256 that may differ between two descriptions of one corner, and how much nearer than the next it must be. */
const MOST_BITS = 72;
const NEAREST_RATIO = 0.88;
/** Of those bits, in the first 64; chance alone makes it 32. */
const MOST_QUARTER_BITS = 25;
/** As far as it matters how near the next one is. */
const NEXT_BITS = Math.ceil(MOST_BITS / NEAREST_RATIO) + 1;
const LEAST_INLIERS = 5;
/** Corners that a map brings this near are its inliers; in shares of the longer side, at level 0. */
const TOLERANCE = 0.016;
const MOST_TURN = 24;
const MOST_SCALE_STEPS = 1.6;

interface Pair {
  first: number;
  second: number;
}

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
  return isPlausible(map) ? { map, inliers: best.inliers } : null;
}

/** From the content's unit square to that of the whole picture. */
export function contentMap({ content: [left, top, right, bottom] }: Evidence): Affine {
  return [right - left, 0, left, 0, bottom - top, top];
}

function alignOneWay(first: Evidence, second: Evidence, mirrored: boolean): LocalAlignment | null {
  if (Math.min(first.features.count, second.features.count) < LEAST_INLIERS) return null;
  const a = preparedPoints(first, mirrored);
  const b = preparedPoints(second, false);
  const pairs = pairUp(a, b);
  if (pairs.length < LEAST_INLIERS) return null;
  let most: Pair[] = [];
  for (const pair of pairs) {
    const followers = inliersOf(similarity(a, b, pair), a, b, pairs, 2 * TOLERANCE);
    if (followers.length > most.length) most = followers;
  }
  if (most.length < LEAST_INLIERS) return null;
  let map = fitAffine(a, b, most);
  for (let round = 0; round < 2 && map; round++) {
    const inliers = inliersOf(map, a, b, pairs, TOLERANCE);
    if (inliers.length < LEAST_INLIERS) return null;
    most = inliers;
    map = fitAffine(a, b, inliers);
  }
  if (!map) return null;
  // From units of the longer side, the first mirrored, to unit squares.
  const unit = (points: Points): Affine => [points.scaleX, 0, 0, 0, points.scaleY, 0];
  const mirror: Affine = mirrored ? [-1, 0, 1, 0, 1, 0] : [1, 0, 0, 0, 1, 0];
  return { map: compose(invert(unit(b)), compose(map, compose(unit(a), mirror))), inliers: most.length };
}

interface Points {
  count: number;
  /** In units of the longer side. */
  x: Float64Array;
  y: Float64Array;
  scaleX: number;
  scaleY: number;
  features: LocalFeatures;
  angle: Uint8Array;
  words: Uint32Array;
}

const prepared = [new WeakMap<Evidence, Points>(), new WeakMap<Evidence, Points>()] as const;

/** A picture that is compared with many is made ready once. */
function preparedPoints(evidence: Evidence, mirrored: boolean): Points {
  const known = prepared[mirrored ? 1 : 0];
  let points = known.get(evidence);
  if (!points) known.set(evidence, (points = pointsOf(evidence, mirrored)));
  return points;
}

function pointsOf({ width, height, features }: Evidence, mirrored: boolean): Points {
  const longer = Math.max(width, height);
  const [scaleX, scaleY] = [width / longer, height / longer];
  const bytes = mirrored ? mirrorDescriptions(features.descriptors) : Uint8Array.from(features.descriptors);
  return {
    count: features.count,
    x: Float64Array.from(features.x, (x) => (mirrored ? 1 - x : x) * scaleX),
    y: Float64Array.from(features.y, (y) => y * scaleY),
    scaleX,
    scaleY,
    features,
    angle: mirrored ? features.angle.map((angle) => (128 - angle) & 255) : features.angle,
    words: new Uint32Array(bytes.buffer),
  };
}

/** Features nearest to each other, and those of the first picture that one of the second is clearly nearest to. */
function pairUp(a: Points, b: Points): Pair[] {
  const nearestOfB = new Int32Array(b.count).fill(-1);
  const bitsOfB = new Int32Array(b.count).fill(MOST_BITS + 1);
  const nearestOfA = new Int32Array(a.count).fill(-1);
  const clear = new Uint8Array(a.count);
  for (let i = 0; i < a.count; i++) {
    let [best, next, at] = [MOST_BITS + 1, NEXT_BITS, -1];
    for (let j = 0; j < b.count; j++) {
      const bits = wordDistance(a.words, i, b.words, j, Math.max(next, bitsOfB[j]!));
      if (bits < best) {
        next = best;
        best = bits;
        at = j;
      } else if (bits < next) next = bits;
      if (bits < bitsOfB[j]!) {
        bitsOfB[j] = bits;
        nearestOfB[j] = i;
      }
    }
    if (best > MOST_BITS) continue;
    nearestOfA[i] = at;
    clear[i] = best < NEAREST_RATIO * next ? 1 : 0;
  }
  const pairs: Pair[] = [];
  for (let i = 0; i < a.count; i++) {
    const j = nearestOfA[i]!;
    if (j >= 0 && (nearestOfB[j] === i || clear[i] === 1)) pairs.push({ first: i, second: j });
  }
  return pairs;
}

/**
 * Bits that differ; any number beyond `most` where they are more. What differs in many of the first quarter's bits is
 * given up at once: of pairs of one corner that are ever used, hardly any does.
 */
function wordDistance(a: Uint32Array, i: number, b: Uint32Array, j: number, most: number): number {
  const [own, other] = [i * DESCRIPTOR_WORDS, j * DESCRIPTOR_WORDS];
  let distance = bitsOf(a[own]! ^ b[other]!) + bitsOf(a[own + 1]! ^ b[other + 1]!);
  if (distance > MOST_QUARTER_BITS) return 256;
  for (let word = 2; word < DESCRIPTOR_WORDS && distance <= most; word++) {
    distance += bitsOf(a[own + word]! ^ b[other + word]!);
  }
  return distance;
}

function bitsOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

const DESCRIPTOR_WORDS = DESCRIPTOR_BYTES / 4;

/** Size of a feature's surroundings in units of the longer side. */
const sizeOf = (level: number) => 2 ** (level / 2) / FEATURE_SIDE;

function similarity(a: Points, b: Points, { first, second }: Pair): Affine {
  const scale = sizeOf(b.features.level[second]!) / sizeOf(a.features.level[first]!);
  const turn = ((b.angle[second]! - a.angle[first]!) / 256) * 2 * Math.PI;
  const [cos, sin] = [scale * Math.cos(turn), scale * Math.sin(turn)];
  const [x, y] = [a.x[first]!, a.y[first]!];
  return [cos, -sin, b.x[second]! - cos * x + sin * y, sin, cos, b.y[second]! - sin * x - cos * y];
}

/** Pairs that a map brings together, whose directions and sizes agree with it; each feature once. */
function inliersOf(map: Affine, a: Points, b: Points, pairs: readonly Pair[], tolerance: number): Pair[] {
  const [ma, mb, mc, md, me, mf] = map;
  const turn = (Math.atan2(md - mb, ma + me) / (2 * Math.PI)) * 256;
  const steps = Math.log2(Math.abs(ma * me - mb * md));
  // A copy that is pasted in small lies closer together than its own size says.
  const reach = tolerance * Math.min(1, Math.max(0.35, 2 ** (steps / 2)));
  const taken = new Set<number>();
  return pairs.filter(({ first, second }) => {
    const dx = ma * a.x[first]! + mb * a.y[first]! + mc - b.x[second]!;
    const dy = md * a.x[first]! + me * a.y[first]! + mf - b.y[second]!;
    if (dx * dx + dy * dy > reach * reach) return false;
    const off = (((b.angle[second]! - a.angle[first]! - turn) % 256) + 384 + 256) % 256;
    if (Math.abs(off - 128) > MOST_TURN) return false;
    if (Math.abs(b.features.level[second]! - a.features.level[first]! - steps) > MOST_SCALE_STEPS) return false;
    if (taken.has(second)) return false;
    taken.add(second);
    return true;
  });
}

/** Least squares, held to a similarity where the points say little about more. */
function fitAffine(a: Points, b: Points, pairs: readonly Pair[]): Affine | null {
  let [meanX, meanY, meanU, meanV] = [0, 0, 0, 0];
  for (const { first, second } of pairs) {
    meanX += a.x[first]! / pairs.length;
    meanY += a.y[first]! / pairs.length;
    meanU += b.x[second]! / pairs.length;
    meanV += b.y[second]! / pairs.length;
  }
  let [xx, xy, yy, xu, yu, xv, yv] = [0, 0, 0, 0, 0, 0, 0];
  for (const { first, second } of pairs) {
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
