import { correlation, momentsOf, NOISE } from './correlation.js';
import { otherDetail, ownDetail, sampled, type Sums } from './sampling.js';

/** How far the blocks of two aligned pictures agree. */
export interface BlockAgreement {
  /** Share of the blocks with detail that correlate by 0.5, and by 0.9. */
  blockAgreement: number;
  closeAgreement: number;
  /** Mean of how much better those blocks correlate when each is shifted by a pixel: parallax shows by it, no copy has much. */
  strain: number;
  /** Blocks with detail, in pieces of 8 × 8 pixels of the coarser picture. */
  blocks: number;
}

/** A rectangle of the template's pixels. */
export interface Patch {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const MOST_PIXELS = 64 * 64;
const BLOCK = 8;
const GRID = MOST_PIXELS / BLOCK ** 2 / BLOCK;
/** Share of a block's pixels that must lie in both pictures. */
const LEAST_FILL = 0.5;
/** Correlations from which blocks are alike, and equal; below the last a pixel's shift makes no block alike. */
const ALIKE = 0.5;
const CLOSE = 0.9;
const HOPELESS = -0.2;
/** Blocks that a badge takes up at the most, rows of them that a band from edge to edge does, and how much of what disagrees must lie under it. */
const MOST_PATCHED = 9;
const MOST_OF_BAND = 2;
const LEAST_UNDER_PATCH = 0.7;

/** Of each block the best correlation and that without a shift; NaN for one without detail, or hardly shared. */
const best = new Float32Array(4 * GRID * GRID);
const unshifted = new Float32Array(4 * GRID * GRID);

/**
 * By blocks of the shared area, smaller ones where little is shared. A block may lie a pixel off the map: so far a picture
 * taken at a slant, or bent by its lens, strays from it.
 */
export function blockStatistics(side: number): BlockAgreement {
  let shared = 0;
  for (let at = 0; at < side * side; at++) if (sampled[at] === sampled[at]) shared++;
  const edge = shared < MOST_PIXELS / 4 ? BLOCK / 2 : BLOCK;
  let block = 0;
  for (let top = 0; top + edge <= side; top += edge) {
    for (let left = 0; left + edge <= side; left += edge, block++) correlateBlock(block, side, edge, left, top);
  }
  return statisticsOf(block, edge, null);
}

function statisticsOf(count: number, edge: number, patch: Patch | null): BlockAgreement {
  let [textured, agreeing, close, strain] = [0, 0, 0, 0];
  for (let block = 0; block < count; block++) {
    const agreement = best[block]!;
    if (agreement !== agreement || (patch && isUnder(patch, block))) continue;
    textured++;
    if (agreement >= ALIKE) agreeing++;
    if (agreement >= CLOSE) close++;
    strain += agreement - unshifted[block]!;
  }
  return {
    blocks: (textured * edge * edge) / BLOCK ** 2,
    blockAgreement: textured === 0 ? 0 : agreeing / textured,
    closeAgreement: textured === 0 ? 0 : close / textured,
    strain: textured === 0 ? 0 : strain / textured,
  };
}

function isUnder({ left, top, right, bottom }: Patch, block: number): boolean {
  const x = (block % GRID) * BLOCK;
  const y = Math.floor(block / GRID) * BLOCK;
  return x >= left && x < right && y >= top && y < bottom;
}

/**
 * The small rectangle, or band, under which nearly all lies that disagrees, as where a badge or a caption has been laid over
 * one of both pictures, and how the rest agrees. To be asked after `blockStatistics` of a level of 64 × 64 pixels.
 * @returns null where disagreement is spread, or there is none.
 */
export function findPatch(): { patch: Patch; rest: BlockAgreement } | null {
  let all = 0;
  for (let block = 0; block < GRID * GRID; block++) all += strangeness(block);
  if (all < 1) return null;
  let found: Patch | null = null;
  let most = LEAST_UNDER_PATCH * all;
  for (let height = 1; height <= GRID; height++) {
    for (let width = 1; width <= GRID; width++) {
      const isBand = Math.max(width, height) === GRID && Math.min(width, height) <= MOST_OF_BAND;
      if (width * height > MOST_PATCHED && !isBand) continue;
      for (let top = 0; top + height <= GRID; top++) {
        for (let left = 0; left + width <= GRID; left++) {
          const under = strangenessUnder(left, top, width, height) - 0.05 * width * height;
          if (under <= most) continue;
          most = under;
          found = {
            left: left * BLOCK,
            top: top * BLOCK,
            right: (left + width) * BLOCK,
            bottom: (top + height) * BLOCK,
          };
        }
      }
    }
  }
  return found && { patch: found, rest: statisticsOf(GRID * GRID, BLOCK, found) };
}

/** 0 for a block that is equal or has nothing to tell, 1 for one that has nothing in common. */
function strangeness(block: number): number {
  const agreement = best[block]!;
  return agreement === agreement ? Math.max(0, Math.min(1, (CLOSE - agreement) / (CLOSE - ALIKE))) : 0;
}

function strangenessUnder(left: number, top: number, width: number, height: number): number {
  let sum = 0;
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) sum += strangeness(y * GRID + x);
  }
  return sum;
}

/** The best over shifts by a pixel; NaN for a block without detail or that is hardly shared. */
function correlateBlock(block: number, side: number, edge: number, left: number, top: number): void {
  let most = -Infinity;
  best[block] = unshifted[block] = NaN;
  for (const [dx, dy] of SHIFTS) {
    const sums = sumsOfBlock(side, edge, left, top, dx, dy);
    const isUnshifted = dx === 0 && dy === 0;
    if (sums.count < LEAST_FILL * edge * edge) {
      if (isUnshifted) return;
      continue;
    }
    const { varianceA, varianceB } = momentsOf(sums);
    if (isUnshifted && Math.max(varianceA, varianceB) < 4 * NOISE * NOISE) return;
    const agreement = correlation(sums, NOISE * NOISE);
    if (isUnshifted) unshifted[block] = agreement;
    if (agreement > most) most = agreement;
    if (most >= CLOSE || (isUnshifted && agreement < HOPELESS)) break;
  }
  best[block] = most;
}

function sumsOfBlock(side: number, edge: number, left: number, top: number, dx: number, dy: number): Sums {
  let [count, a, b, aa, bb, ab] = [0, 0, 0, 0, 0, 0];
  const [lastY, lastX] = [Math.min(top + edge, side - dy), Math.min(left + edge, side - dx)];
  for (let y = Math.max(top, -dy); y < lastY; y++) {
    const row = y * side;
    const shift = dy * side + dx;
    for (let x = Math.max(left, -dx); x < lastX; x++) {
      const other = otherDetail[row + x + shift]!;
      const own = ownDetail[row + x]!;
      if (other !== other || own !== own) continue;
      count++;
      a += own;
      b += other;
      aa += own * own;
      bb += other * other;
      ab += own * other;
    }
  }
  return { count, a, b, aa, bb, ab };
}

const SHIFTS = [
  [0, 0],
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
  [1, 1],
  [-1, -1],
  [1, -1],
  [-1, 1],
] as const;
