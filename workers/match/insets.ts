import { findContent } from '../fingerprint/border.js';
import { boxUnder, compose, determinant, invert, type Affine, type Box } from './affine.js';
import { cutOut } from './cut-out.js';
import type { Thumbnail } from './thumbnail.js';

const SIDE = 64;
/** How far ground may stray from its brightness, 0…255. */
const TOLERANCE = 8;
/** Ground inside a picture counts so much against a rectangle as so many pixels that are none count for it. */
const COST_OF_GROUND = 3;
const LEAST_GROUND = 0.015;
/** Ground that one corner alone has must be more even, and more. */
const EVEN = 3;
const LEAST_EVEN_GROUND = 0.15;
/** Shares of the thumbnail: what is so small is no picture to be known again, what is so large is the whole. */
const LEAST_AREA = 0.1;
const MOST_AREA = 0.95;
const LEAST_SHARE = 0.25;
/** Of a turned picture: the least of each corner, of the thumbnail's area, and how far those facing each other may differ. */
const LEAST_CORNER = 0.012;
const MOST_UNEVEN = 0.25;
/** How far beyond the rectangle's edge ground begins, in its sides, and the share of it that may be something else. */
const EDGE = 0.05;
const MOST_STRAYS = 0.05;
/** How much of the middle column and row must be gap or white or black, how much clearly gap, and what is clear. */
const GAP_SHARE = 0.65;
const LEAST_CLEAR = 0.35;
const GAP_CONTRAST = 4;
const ALL_GAP = 0.95;
/** How much of each cell differs from the gap, and by how much. */
const LEAST_FILLED = 0.4;
const FILLED_CONTRAST = 16;

/** A copy lies where an inset does: how far edges may be apart, and areas differ; what is so large is the whole. */
const INSET_EDGE = 0.06;
const INSET_AREA = 1.25;
const MOST_INSET_AREA = 0.9;
const UNIT: Box = [0, 0, 1, 1];

/** Whether a map takes another picture's unit square to where the picture seems to show one. */
export function liesInset(thumbnail: Thumbnail, map: Affine): boolean {
  const area = Math.abs(determinant(map));
  if (area > MOST_INSET_AREA) return false;
  const place = boxUnder(map, UNIT);
  return thumbnail.insets.some((inset) => {
    const ratio = area / Math.abs(determinant(inset));
    const isAsLarge = ratio <= INSET_AREA && ratio >= 1 / INSET_AREA;
    return isAsLarge && boxUnder(inset, UNIT).every((edge, at) => Math.abs(edge - place[at]!) <= INSET_EDGE);
  });
}

/** Where under a map both pictures seem to show another, as two windows of one program do; boxes of the template. */
export function sharedInsets(template: Thumbnail, picture: Thumbnail, map: Affine): Box[] {
  return template.insets
    .filter((inset) => liesInset(picture, compose(map, inset)))
    .map((inset) => boxUnder(inset, UNIT));
}

/**
 * Where in a picture another one seems to lie: inside plain ground with text or bars, as in a screenshot or above a
 * caption; turned on a plain canvas; in a page of four.
 * @param values brightness of 64 × 64 pixels, 0…255.
 * @returns maps from the other picture's unit square to this one's; mostly none.
 */
export function findInsets(values: Float32Array): Affine[] {
  const turned = turnedCanvas(values);
  if (turned) return [turned];
  const insets: Affine[] = [];
  countShades(values);
  for (const [level, tolerance, leastGround] of grounds(values)) {
    if (shadesAround(level, tolerance) < leastGround * SIDE * SIDE) continue;
    const inset = insideGround(values, level, tolerance, leastGround);
    if (inset) insets.push(inset);
  }
  return [...insets, ...quarters(values)].map((inset) => withoutBars(values, inset));
}

/** Less the plain bars that fill a cell beside its picture. */
function withoutBars(values: Float32Array, inset: Affine): Affine {
  const { left, top, width, height } = findContent({ values: cutOut(values, inset), width: SIDE, height: SIDE });
  return compose(inset, [width / SIDE, 0, left / SIDE, 0, height / SIDE, top / SIDE]);
}

type Ground = readonly [level: number, tolerance: number, leastShare: number];

/** What may be ground: what the corners below or above have in common, else what is quite even and much. */
function grounds(values: Float32Array): Ground[] {
  const corners = [SIDE * (SIDE - 1), SIDE * SIDE - 1, 0, SIDE - 1].map((at) => values[at]!) as [
    number,
    number,
    number,
    number,
  ];
  const found: Ground[] = [];
  const isNew = (level: number) => found.every(([known]) => Math.abs(level - known) > TOLERANCE);
  for (const [left, right] of [corners.slice(0, 2), corners.slice(2)] as [number, number][]) {
    const level = (left + right) / 2;
    if (Math.abs(left - right) <= TOLERANCE && isNew(level)) found.push([level, TOLERANCE, LEAST_GROUND]);
  }
  for (const level of corners) if (isNew(level)) found.push([level, EVEN, LEAST_EVEN_GROUND]);
  return found;
}

/** The rectangle with most that is no ground, and least that is. */
function insideGround(values: Float32Array, level: number, tolerance: number, leastGround: number): Affine | null {
  const filled = countFilled(values, level, tolerance);
  if (SIDE * SIDE - filled < leastGround * SIDE * SIDE) return null;
  sumUp(values, level, tolerance);
  let [most, left, top, right, bottom] = [0, 0, 0, 0, 0];
  const consider = (first: number, last: number) => {
    // No rectangle between these rows has more.
    if (filledAbove[last]! - filledAbove[first]! <= most) return;
    let [sum, start] = [0, 0];
    for (let column = 0; column < SIDE; column++) {
      if (sum <= 0) [sum, start] = [0, column];
      sum += sumsAbove[last * SIDE + column]! - sumsAbove[first * SIDE + column]!;
      if (sum > most) [most, left, top, right, bottom] = [sum, start, first, column + 1, last];
    }
  };
  // What lies between all rows is beaten or met, so that hardly any others need a look; of equal ones the first counts.
  consider(0, SIDE);
  most = Math.max(0, most - 1);
  for (let first = 0; first < SIDE; first += 2)
    for (let last = first + 8; last <= SIDE; last += 2) consider(first, last);
  const [roughTop, roughBottom] = [top, bottom];
  for (let first = Math.max(0, roughTop - 1); first <= roughTop + 1; first++) {
    for (let last = roughBottom - 1; last <= Math.min(SIDE, roughBottom + 1); last++) consider(first, last);
  }
  const [width, height] = [(right - left) / SIDE, (bottom - top) / SIDE];
  const isTelling =
    width * height >= LEAST_AREA && width * height <= MOST_AREA && Math.min(width, height) >= LEAST_SHARE;
  return isTelling ? [width, 0, left / SIDE, 0, height, top / SIDE] : null;
}

/** Pixels by their brightness, cut off: hardly any picture needs a closer look at what may be ground. */
const shades = new Uint16Array(256);

function countShades(values: Float32Array): void {
  shades.fill(0);
  for (let at = 0; at < SIDE * SIDE; at++) shades[values[at]! & 255]!++;
}

/** Pixels within the tolerance, and some just beyond. */
function shadesAround(level: number, tolerance: number): number {
  let count = 0;
  const last = Math.min(255, Math.floor(level + tolerance));
  for (let shade = Math.max(0, Math.floor(level - tolerance)); shade <= last; shade++) count += shades[shade]!;
  return count;
}

/** Of each number of rows, the pixels above that are no ground. */
const filledAbove = new Int16Array(SIDE + 1);
/** Of each column and number of rows, what the pixels above say: 1 for each that is no ground, less for one that is. */
const sumsAbove = new Int16Array((SIDE + 1) * SIDE);

/** Fills `filledAbove`. @returns how many pixels are no ground. */
function countFilled(values: Float32Array, level: number, tolerance: number): number {
  let filled = 0;
  for (let row = 0; row < SIDE; row++) {
    for (let at = row * SIDE; at < (row + 1) * SIDE; at++) {
      if (Math.abs(values[at]! - level) > tolerance) filled++;
    }
    filledAbove[row + 1] = filled;
  }
  return filled;
}

/** Fills `sumsAbove`. */
function sumUp(values: Float32Array, level: number, tolerance: number): void {
  for (let at = 0; at < SIDE * SIDE; at++) {
    sumsAbove[at + SIDE] = sumsAbove[at]! + (Math.abs(values[at]! - level) <= tolerance ? -COST_OF_GROUND : 1);
  }
}

/**
 * A picture turned by some degrees on a canvas of one colour shows as a rectangle that touches all four edges. The areas
 * of the corners tell where: with the topmost point at p of the width and the leftmost at q of the height they are
 * p·q/2, (1 − p)·(1 − q)/2, and the same again across.
 */
function turnedCanvas(values: Float32Array): Affine | null {
  const places = [0, SIDE - 1, SIDE * (SIDE - 1), SIDE * SIDE - 1];
  if (places.some((at) => Math.abs(values[at]! - values[0]!) > TOLERANCE)) return null;
  const corners = places.map((at) => groundFrom(values, at) / SIDE ** 2);
  const [topLeft, topRight, bottomLeft, bottomRight] = corners as [number, number, number, number];
  if (Math.min(...corners) < LEAST_CORNER) return null;
  const areEven = (one: number, other: number) => Math.abs(one - other) <= MOST_UNEVEN * Math.max(one, other) + 0.004;
  if (!areEven(topLeft, bottomRight) || !areEven(topRight, bottomLeft)) return null;
  const [falling, rising] = [topLeft + bottomRight, topRight + bottomLeft];
  const half = (1 + falling - rising) / 2;
  const root = half * half - falling;
  if (root < 0) return null;
  const [larger, smaller] = [half + Math.sqrt(root), half - Math.sqrt(root)];
  if (!(smaller > 0 && larger < 1)) return null;
  const middle = middleOfRow(values, 1);
  const p = Math.abs(middle - larger) < Math.abs(middle - smaller) ? larger : smaller;
  const q = p === larger ? smaller : larger;
  const map: Affine = [1 - p, -p, p, 1 - q, q, 0];
  return isOnCanvas(values, map) ? map : null;
}

/** Whether all around the rectangle is ground, and not all of the rectangle. */
function isOnCanvas(values: Float32Array, map: Affine): boolean {
  const [a, b, c, d, e, f] = invert(map);
  let [around, strays, inside, ground] = [0, 0, 0, 0];
  for (let at = 0; at < SIDE * SIDE; at++) {
    const [x, y] = [((at % SIDE) + 0.5) / SIDE, (Math.floor(at / SIDE) + 0.5) / SIDE];
    const [u, v] = [a * x + b * y + c, d * x + e * y + f];
    const isGround = Math.abs(values[at]! - values[0]!) <= TOLERANCE;
    if (Math.min(u, v) < -EDGE || Math.max(u, v) > 1 + EDGE) {
      around++;
      if (!isGround) strays++;
    } else {
      inside++;
      if (isGround) ground++;
    }
  }
  return strays <= MOST_STRAYS * around && ground < 0.9 * inside;
}

/** Where the middle of what is no ground lies in a row, 0…1. */
function middleOfRow(values: Float32Array, row: number): number {
  let [sum, count] = [0, 0];
  for (let column = 0; column < SIDE; column++) {
    if (Math.abs(values[row * SIDE + column]! - values[0]!) <= TOLERANCE) continue;
    sum += column + 0.5;
    count++;
  }
  return count === 0 ? 0.5 : sum / count / SIDE;
}

/** Pixels of a corner's brightness that hang together with it. */
function groundFrom(values: Float32Array, corner: number): number {
  const level = values[corner]!;
  const seen = new Uint8Array(SIDE * SIDE);
  const open = [corner];
  seen[corner] = 1;
  let count = 0;
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    count++;
    const column = at % SIDE;
    for (const next of [column > 0 ? at - 1 : -1, column < SIDE - 1 ? at + 1 : -1, at - SIDE, at + SIDE]) {
      if (next < 0 || next >= SIDE * SIDE || seen[next] === 1) continue;
      if (Math.abs(values[next]! - level) > TOLERANCE) continue;
      seen[next] = 1;
      open.push(next);
    }
  }
  return count;
}

/** The four cells of a page of four, where a gap runs across its middle both ways. */
function quarters(values: Float32Array): Affine[] {
  if (!isGap(values, 1, SIDE) || !isGap(values, SIDE, 1)) return [];
  const level = values[(SIDE / 2) * SIDE + SIDE / 2]!;
  const filled = [0, 0, 0, 0];
  for (let at = 0; at < SIDE * SIDE; at++) {
    const cell = Number(at % SIDE >= SIDE / 2) + 2 * Number(at >= (SIDE * SIDE) / 2);
    if (Math.abs(values[at]! - level) > FILLED_CONTRAST) filled[cell]!++;
  }
  if (Math.min(...filled) < (LEAST_FILLED * SIDE * SIDE) / 4) return [];
  return [0, 1, 2, 3].map((cell) => [0.48, 0, 0.01 + 0.5 * (cell & 1), 0, 0.48, 0.01 + 0.5 * (cell >> 1)]);
}

/** Whether the two lines in the middle are brighter, or darker, than those beside them along most of their length. */
function isGap(values: Float32Array, across: number, along: number): boolean {
  let [brighter, darker, bright, dark] = [0, 0, 0, 0];
  for (let i = 0; i < SIDE; i++) {
    const at = (offset: number) => values[i * along + (SIDE / 2 + offset) * across]!;
    const middle = (at(-1) + at(0)) / 2;
    const beside = (at(-3) + at(2)) / 2;
    if (middle > beside + GAP_CONTRAST) brighter++;
    else if (middle >= beside - 2 && beside >= 235) bright++;
    if (middle < beside - GAP_CONTRAST) darker++;
    else if (middle <= beside + 2 && beside <= 20) dark++;
  }
  const isLine = (clear: number, level: number) =>
    (clear >= LEAST_CLEAR * SIDE && clear + level >= GAP_SHARE * SIDE) || level >= ALL_GAP * SIDE;
  return isLine(brighter, bright) || isLine(darker, dark);
}
