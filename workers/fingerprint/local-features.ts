import { DESCRIPTOR_BYTES, MOST_FEATURES } from './evidence.js';
import { describePatch, orientPatch, PATCH_RADIUS } from './brief.js';
import { findCorners, type Corner } from './corners.js';
import type { Luma } from './luma.js';
import { LONGEST_SIDE, meansOverWindows } from './corner-kernel.js';
import { halveArea, shrinkPlane, type Plane } from './plane.js';

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
export const FEATURE_SIDE = LONGEST_SIDE;
const LEVELS = 4;
/** The picture is cut into so many cells each way, and no cell has more than its share of corners. */
const CELLS = 5;

interface LevelCorner extends Corner {
  level: number;
}

/**
 * ORB-like features (Rublee et al., ICCV 2011): Harris corners on four levels of a pyramid, oriented by their centroid,
 * described by 256 comparisons of smoothed brightness.
 */
export function findFeatures(luma: Luma): LocalFeatures {
  const pyramid = pyramidOf(luma);
  const corners = pyramid.flatMap((plane, level) =>
    findCorners(plane, PATCH_RADIUS + 1).map((corner) => ({ ...corner, level })),
  );
  const chosen = spread(corners, pyramid);
  const features: LocalFeatures = {
    count: chosen.length,
    x: new Float32Array(chosen.length),
    y: new Float32Array(chosen.length),
    angle: new Uint8Array(chosen.length),
    level: new Uint8Array(chosen.length),
    descriptors: new Uint8Array(chosen.length * DESCRIPTOR_BYTES),
  };
  const smooth = pyramid.map((plane): Plane => ({ ...plane, values: meansOverWindows(plane).slice() }));
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
  let plane = shrinkPlane(luma, Math.round(luma.width * scale), Math.round(luma.height * scale));
  for (let level = 0; level < LEVELS; level++) {
    if (Math.min(plane.width, plane.height) <= 2 * PATCH_RADIUS + 4) break;
    pyramid.push(plane);
    plane = halveArea(plane);
  }
  return pyramid;
}

/** Rounds over all cells and levels, each giving its strongest left, until there are enough. */
function spread(corners: LevelCorner[], pyramid: Plane[]): LevelCorner[] {
  const cells = new Map<number, LevelCorner[]>();
  for (const corner of corners) {
    const { width, height } = pyramid[corner.level]!;
    const cell = Math.floor((corner.x * CELLS) / width) * CELLS + Math.floor((corner.y * CELLS) / height);
    const key = corner.level * CELLS * CELLS + cell;
    const list = cells.get(key);
    if (list) list.push(corner);
    else cells.set(key, [corner]);
  }
  const lists = [...cells.values()].map((list) => list.sort(strongestFirst));
  const chosen: LevelCorner[] = [];
  for (let round = 0; chosen.length < MOST_FEATURES; round++) {
    const next = lists.flatMap((list) => list[round] ?? []).sort(strongestFirst);
    if (next.length === 0) break;
    chosen.push(...next.slice(0, MOST_FEATURES - chosen.length));
  }
  return chosen;
}

const strongestFirst = (a: LevelCorner, b: LevelCorner) =>
  b.response - a.response || a.level - b.level || a.y - b.y || a.x - b.x;
