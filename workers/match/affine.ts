import type { Orientation } from './pair-match.js';

/** x' = a·x + b·y + c, y' = d·x + e·y + f, as [a, b, c, d, e, f]. */
export type Affine = readonly [number, number, number, number, number, number];

export const IDENTITY: Affine = [1, 0, 0, 0, 1, 0];

/** The map that first does `inner`. */
export function compose(outer: Affine, inner: Affine): Affine {
  const [a, b, c, d, e, f] = outer;
  const [g, h, i, j, k, l] = inner;
  return [a * g + b * j, a * h + b * k, a * i + b * l + c, d * g + e * j, d * h + e * k, d * i + e * l + f];
}

export const determinant = ([a, b, , d, e]: Affine) => a * e - b * d;

/** The map back; of a map that flattens the plane it has no finite values. */
export function invert(map: Affine): Affine {
  const [a, b, c, d, e, f] = map;
  const det = determinant(map);
  return [e / det, -b / det, (b * f - c * e) / det, -d / det, a / det, (c * d - a * f) / det];
}

/** How far a map stretches in its two principal directions, the greater first. */
export function stretches([a, b, , d, e]: Affine): [number, number] {
  const sum = Math.hypot(a + e, d - b);
  const difference = Math.hypot(a - e, d + b);
  return [(sum + difference) / 2, Math.abs(sum - difference) / 2];
}

/** Share of the unit square that a map takes into the unit square. */
export function coverage([a, b, c, d, e, f]: Affine): number {
  const corners = [0, 1, 1, 0].map((x, index) => {
    const y = index >> 1;
    return [a * x + b * y + c, d * x + e * y + f] as const;
  });
  const mapped = polygonArea(corners);
  let clipped: (readonly [number, number])[] = corners;
  for (const axis of [0, 1] as const) {
    clipped = clip(clipped, (point) => point[axis]);
    clipped = clip(clipped, (point) => 1 - point[axis]);
  }
  return mapped === 0 ? 0 : Math.min(1, polygonArea(clipped) / mapped);
}

type Point = readonly [number, number];

/** Sutherland and Hodgman: what of a polygon lies where `inside` is not negative. */
function clip(polygon: readonly Point[], inside: (point: Point) => number): Point[] {
  return polygon.flatMap((point, index) => {
    const before = polygon.at(index - 1)!;
    const [from, to] = [inside(before), inside(point)];
    const crossing = (): Point => {
      const share = from / (from - to);
      return [before[0] + share * (point[0] - before[0]), before[1] + share * (point[1] - before[1])];
    };
    if (to >= 0) return from >= 0 ? [point] : [crossing(), point];
    return from >= 0 ? [crossing()] : [];
  });
}

function polygonArea(polygon: readonly Point[]): number {
  let twice = 0;
  polygon.forEach((point, index) => {
    const before = polygon.at(index - 1)!;
    twice += before[0] * point[1] - point[0] * before[1];
  });
  return Math.abs(twice) / 2;
}

/** Where each point of a picture lies once the picture is laid like this: rotations are clockwise. */
export const ORIENTATION_MAPS: Record<Orientation, Affine> = {
  upright: IDENTITY,
  rotate90: [0, -1, 1, 1, 0, 0],
  rotate180: [-1, 0, 1, 0, -1, 1],
  rotate270: [0, 1, 0, -1, 0, 1],
  flip: [-1, 0, 1, 0, 1, 0],
  'flip vertical': [1, 0, 0, 0, -1, 1],
  transpose: [0, 1, 0, 1, 0, 0],
  transverse: [0, -1, 1, -1, 0, 1],
};

export type Box = readonly [left: number, top: number, right: number, bottom: number];

/** What a map takes a box to lies within this one. */
export function boxUnder([a, b, c, d, e, f]: Affine, [left, top, right, bottom]: Box): Box {
  const xs = [a * left + b * top, a * right + b * top, a * left + b * bottom, a * right + b * bottom].map((x) => x + c);
  const ys = [d * left + e * top, d * right + e * top, d * left + e * bottom, d * right + e * bottom].map((y) => y + f);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}
