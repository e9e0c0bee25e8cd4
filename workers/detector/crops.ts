import type { Pixels } from '../pixels.js';

export interface Origin {
  left: number;
  top: number;
}

const CANDIDATES_PER_AXIS = 8;
const STEP = 4;

/**
 * Where to look: at most `most` squares of `side` pixels at native resolution, the most textured first. Integer
 * arithmetic in the order of `training/crops.py`, since the network is judged on the crops chosen there. A picture
 * smaller than the square counts as continued by reflection.
 */
export function chooseCrops(picture: Pixels, side: number, most: number): Origin[] {
  const lefts = origins(Math.max(picture.width, side), side);
  const tops = origins(Math.max(picture.height, side), side);
  const candidates = tops.flatMap((top) => lefts.map((left) => ({ left, top })));
  if (candidates.length <= most) return candidates;
  return candidates
    .map((origin, index) => ({ origin, index, energy: gradientEnergy(picture, origin, side) }))
    .sort((a, b) => b.energy - a.energy || a.index - b.index)
    .slice(0, most)
    .map(({ origin }) => origin);
}

/** The squares one after another, each `side` × `side` × 3 bytes. */
export function cutCrops(picture: Pixels, side: number, chosen: readonly Origin[]): Uint8Array {
  const crops = new Uint8Array(chosen.length * side * side * 3);
  let at = 0;
  for (const { left, top } of chosen) {
    for (let y = 0; y < side; y++) {
      const row = mirrorIndex(top + y, picture.height) * picture.width;
      if (left + side <= picture.width) {
        crops.set(picture.data.subarray((row + left) * 3, (row + left + side) * 3), at);
        at += side * 3;
        continue;
      }
      for (let x = 0; x < side; x++) {
        const from = (row + mirrorIndex(left + x, picture.width)) * 3;
        crops.set(picture.data.subarray(from, from + 3), at);
        at += 3;
      }
    }
  }
  return crops;
}

function origins(extent: number, side: number): number[] {
  const count = Math.min(CANDIDATES_PER_AXIS, Math.floor(extent / side));
  if (count === 1) return [Math.floor((extent - side) / 2)];
  return Array.from({ length: count }, (_, i) => Math.floor((i * (extent - side)) / (count - 1)));
}

/** Sum of absolute luma differences to the right and lower neighbour, on every `STEP`th pixel of every `STEP`th row. */
function gradientEnergy({ data, width, height }: Pixels, { left, top }: Origin, side: number): number {
  const columns = Int32Array.from({ length: side }, (_, x) => mirrorIndex(left + x, width) * 3);
  const rows = Int32Array.from({ length: side }, (_, y) => mirrorIndex(top + y, height) * width * 3);
  const lumaAt = (x: number, y: number) => {
    const at = (rows[y] ?? 0) + (columns[x] ?? 0);
    return ((data[at] ?? 0) * 77 + (data[at + 1] ?? 0) * 150 + (data[at + 2] ?? 0) * 29) >> 8;
  };
  let energy = 0;
  for (let y = 0; y < side - 1; y += STEP) {
    for (let x = 0; x < side - 1; x += STEP) {
      const here = lumaAt(x, y);
      energy += Math.abs(lumaAt(x + 1, y) - here) + Math.abs(lumaAt(x, y + 1) - here);
    }
  }
  return energy;
}

/** Reflects at the edges, edge pixels repeated. */
function mirrorIndex(position: number, length: number): number {
  const folded = position % (2 * length);
  return folded < length ? folded : 2 * length - 1 - folded;
}
