import type { Plane } from './plane.js';

/** How far around a corner its description looks, pixels. */
export const PATCH_RADIUS = 14;
const COMPARISONS = 256;
/** Directions that a patch is turned to; finer ones change less than noise does. */
const DIRECTIONS = 64;

/** For each direction, x1, y1, x2, y2 of each comparison. */
const patterns = Array.from({ length: DIRECTIONS }, (_, direction) => turnedPattern(direction));
/** Half the width of each row of the disc that gives the direction. */
const discRows = Int32Array.from({ length: 2 * PATCH_RADIUS + 1 }, (_, row) =>
  Math.floor(Math.sqrt(PATCH_RADIUS ** 2 - (row - PATCH_RADIUS) ** 2)),
);

/** Direction from the corner to its patch's centre of brightness (Rosin 1999). 256 is a full turn, clockwise. */
export function orientPatch({ values, width }: Plane, x: number, y: number): number {
  let [momentX, momentY] = [0, 0];
  for (let dy = -PATCH_RADIUS; dy <= PATCH_RADIUS; dy++) {
    const half = discRows[dy + PATCH_RADIUS]!;
    const row = (y + dy) * width + x;
    let sum = 0;
    for (let dx = -half; dx <= half; dx++) {
      const value = values[row + dx]!;
      sum += value;
      momentX += dx * value;
    }
    momentY += dy * sum;
  }
  return Math.round((Math.atan2(momentY, momentX) / (2 * Math.PI)) * 256) & 255;
}

/** BRIEF (Calonder et al., ECCV 2010), steered: whether the first of two points is darker, for 256 pairs of points. */
export function describePatch({ values, width }: Plane, x: number, y: number, angle: number, target: Uint8Array): void {
  const pattern = patterns[Math.round((angle * DIRECTIONS) / 256) % DIRECTIONS]!;
  const centre = y * width + x;
  for (let bit = 0, at = 0; bit < COMPARISONS; bit++, at += 4) {
    const first = values[centre + pattern[at + 1]! * width + pattern[at]!]!;
    const second = values[centre + pattern[at + 3]! * width + pattern[at + 2]!]!;
    if (first < second) target[bit >> 3]! |= 1 << (bit & 7);
  }
}

/**
 * The description of the mirrored patch: the second half of the pattern is the mirror image of the first, and mirroring
 * a picture mirrors the direction too, so the halves change places.
 * @param mirrored where they go, another piece of memory.
 */
export function mirrorDescriptions(descriptions: Uint8Array, mirrored: Uint8Array): void {
  const bytes = COMPARISONS / 8;
  const half = bytes / 2;
  for (let at = 0; at < descriptions.length; at += bytes) {
    for (let byte = at; byte < at + half; byte++) {
      mirrored[byte] = descriptions[byte + half]!;
      mirrored[byte + half] = descriptions[byte]!;
    }
  }
}

/**
 * Pairs of points about an isotropic Gaussian, then their mirror images on the patch's direction: most patches are much
 * like their mirror image, so a comparison says little beside its own.
 */
function basePattern(): Float64Array {
  const random = uniform(20_061);
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()) * (PATCH_RADIUS / 2.4);
  const point = (): [number, number] => {
    for (;;) {
      const [x, y] = [gauss(), gauss()];
      if (Math.hypot(x, y) <= PATCH_RADIUS - 1) return [x, y];
    }
  };
  const pattern = new Float64Array(COMPARISONS * 4);
  for (let bit = 0; bit < COMPARISONS / 2; bit++) {
    const [[x1, y1], [x2, y2]] = [point(), point()];
    pattern.set([x1, y1, x2, y2], bit * 4);
    pattern.set([x1, -y1, x2, -y2], (bit + COMPARISONS / 2) * 4);
  }
  return pattern;
}

function turnedPattern(direction: number): Int8Array {
  const base = basePattern();
  const angle = (direction / DIRECTIONS) * 2 * Math.PI;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return Int8Array.from({ length: base.length }, (_, index) => {
    const [x, y] = [base[index & ~1]!, base[index | 1]!];
    return Math.round(index & 1 ? x * sin + y * cos : x * cos - y * sin);
  });
}

/** Mulberry32: the pattern is the same on every machine. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
