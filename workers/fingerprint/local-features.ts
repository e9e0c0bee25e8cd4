import { DESCRIPTOR_BYTES, MOST_FEATURES } from './evidence.js';
import { describePatch, orientPatch, PATCH_RADIUS } from './brief.js';
import type { Luma } from './luma.js';
import { halveBySqrt2, resizePlane, type Plane } from './plane.js';

/** Corners of a picture, the strongest spread over all of it. */
export interface LocalFeatures {
  count: number;
  /** In shares of the picture's sides, 0…1. */
  x: Float32Array;
  y: Float32Array;
  /** 256 is a full turn, clockwise. */
  angle: Uint8Array;
  /** Halvings of the picture's area before the corner was found there, from 320 px on. */
  level: Uint8Array;
  /** 32 bytes each. */
  descriptors: Uint8Array;
}

export const NO_FEATURES: LocalFeatures = {
  count: 0,
  x: new Float32Array(0),
  y: new Float32Array(0),
  angle: new Uint8Array(0),
  level: new Uint8Array(0),
  descriptors: new Uint8Array(0),
};

/** Longest side at level 0. */
export const FEATURE_SIDE = 320;
const LEVELS = 4;
/** Harris and Stephens' constant, and what a corner must come to at least: faint noise makes none. */
const HARRIS_K = 0.05;
const LEAST_RESPONSE = 40;
/** The picture is cut into so many cells each way, and no cell has more than its share of corners. */
const CELLS = 5;

interface Corner {
  response: number;
  x: number;
  y: number;
  level: number;
}

/**
 * ORB-like features (Rublee et al., ICCV 2011): Harris corners on four levels of a pyramid, oriented by their centroid,
 * described by 256 comparisons of smoothed brightness.
 */
export function findFeatures(luma: Luma): LocalFeatures {
  const pyramid = pyramidOf(luma);
  const corners = pyramid.flatMap((plane, level) => cornersOf(plane, level));
  const chosen = spread(corners, pyramid);
  const features: LocalFeatures = {
    count: chosen.length,
    x: new Float32Array(chosen.length),
    y: new Float32Array(chosen.length),
    angle: new Uint8Array(chosen.length),
    level: new Uint8Array(chosen.length),
    descriptors: new Uint8Array(chosen.length * DESCRIPTOR_BYTES),
  };
  const smooth = pyramid.map((plane) => smoothed(plane));
  chosen.forEach(({ x, y, level }, index) => {
    const plane = smooth[level]!;
    const angle = orientPatch(plane, x, y);
    features.x[index] = (x + 0.5) / plane.width;
    features.y[index] = (y + 0.5) / plane.height;
    features.angle[index] = angle;
    features.level[index] = level;
    describePatch(plane, x, y, angle, features.descriptors.subarray(index * DESCRIPTOR_BYTES));
  });
  return features;
}

function pyramidOf(luma: Luma): Plane[] {
  const pyramid: Plane[] = [];
  const scale = Math.min(1, FEATURE_SIDE / Math.max(luma.width, luma.height));
  let plane = resizePlane(luma, Math.round(luma.width * scale), Math.round(luma.height * scale));
  for (let level = 0; level < LEVELS; level++) {
    if (Math.min(plane.width, plane.height) <= 2 * PATCH_RADIUS + 4) break;
    pyramid.push(plane);
    plane = halveBySqrt2(plane);
  }
  return pyramid;
}

/** Local maxima of the Harris response over 5 × 5 windows. */
function cornersOf(plane: Plane, level: number): Corner[] {
  const { width, height } = plane;
  const response = harrisResponse(plane);
  const corners: Corner[] = [];
  const margin = PATCH_RADIUS + 1;
  for (let y = margin; y < height - margin; y++) {
    for (let x = margin; x < width - margin; x++) {
      const at = y * width + x;
      const value = response[at]!;
      if (value >= LEAST_RESPONSE && isPeak(response, at, width, value)) corners.push({ response: value, x, y, level });
    }
  }
  return corners;
}

function isPeak(response: Float32Array, at: number, width: number, value: number): boolean {
  for (let dy = -2; dy <= 2; dy++) {
    for (let dx = -2; dx <= 2; dx++) {
      const other = response[at + dy * width + dx]!;
      if (other > value || (other === value && dy * width + dx < 0)) return false;
    }
  }
  return true;
}

/** In grey values squared: the fourth power's root, so that contrast counts as it does for the eye. */
function harrisResponse({ values, width, height }: Plane): Float32Array {
  const count = width * height;
  const [xx, xy, yy] = [new Float32Array(count), new Float32Array(count), new Float32Array(count)];
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * width + 1; at < (y + 1) * width - 1; at++) {
      const dx = (values[at + 1]! - values[at - 1]!) / 2;
      const dy = (values[at + width]! - values[at - width]!) / 2;
      xx[at] = dx * dx;
      xy[at] = dx * dy;
      yy[at] = dy * dy;
    }
  }
  const scratch = new Float32Array(count);
  for (const plane of [xx, xy, yy]) boxMean5(plane, scratch, width, height);
  for (let at = 0; at < count; at++) {
    const trace = xx[at]! + yy[at]!;
    const value = xx[at]! * yy[at]! - xy[at]! * xy[at]! - HARRIS_K * trace * trace;
    scratch[at] = value > 0 ? Math.sqrt(value) : 0;
  }
  return scratch;
}

function boxMean5(plane: Float32Array, scratch: Float32Array, width: number, height: number): void {
  for (let y = 0; y < height; y++) {
    for (let x = 2, at = y * width + 2; x < width - 2; x++, at++) {
      scratch[at] = (plane[at - 2]! + plane[at - 1]! + plane[at]! + plane[at + 1]! + plane[at + 2]!) / 5;
    }
  }
  for (let y = 2; y < height - 2; y++) {
    for (let x = 2, at = y * width + 2; x < width - 2; x++, at++) {
      plane[at] =
        (scratch[at - 2 * width]! +
          scratch[at - width]! +
          scratch[at]! +
          scratch[at + width]! +
          scratch[at + 2 * width]!) /
        5;
    }
  }
}

function smoothed({ values, width, height }: Plane): Plane {
  const copy = Float32Array.from(values);
  boxMean5(copy, new Float32Array(width * height), width, height);
  return { values: copy, width, height };
}

/** Rounds over all cells and levels, each giving its strongest left, until there are enough. */
function spread(corners: Corner[], pyramid: Plane[]): Corner[] {
  const cells = new Map<number, Corner[]>();
  for (const corner of corners) {
    const { width, height } = pyramid[corner.level]!;
    const cell = Math.floor((corner.x * CELLS) / width) * CELLS + Math.floor((corner.y * CELLS) / height);
    const key = corner.level * CELLS * CELLS + cell;
    const list = cells.get(key);
    if (list) list.push(corner);
    else cells.set(key, [corner]);
  }
  const lists = [...cells.values()].map((list) => list.sort(strongestFirst));
  const chosen: Corner[] = [];
  for (let round = 0; chosen.length < MOST_FEATURES; round++) {
    const next = lists.flatMap((list) => list[round] ?? []).sort(strongestFirst);
    if (next.length === 0) break;
    chosen.push(...next.slice(0, MOST_FEATURES - chosen.length));
  }
  return chosen;
}

const strongestFirst = (a: Corner, b: Corner) => b.response - a.response || a.level - b.level || a.y - b.y || a.x - b.x;
