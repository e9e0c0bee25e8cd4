import sharp from 'sharp';
import { BEYOND, type Comparer, type PairwiseTool } from './tool.js';

/** Interleaved RGB means of a square of cells, rows first. */
interface Square {
  side: number;
  values: Uint8Array;
}

/**
 * dupeGuru's picture mode as its manual and interface describe it: the mean colour of 15 × 15 blocks; two pictures
 * differ by the sum of the channels' differences, averaged over the blocks; a match has 100 − that ≥ the filter
 * hardness (95 by default). With "match pictures of different dimensions" and "match rotated or mirrored" turned on,
 * which is the most it can do.
 */
export const dupeGuru: PairwiseTool = {
  name: 'dupeGuru (algorithm)',
  bytes: 15 * 15 * 3,
  ownThreshold: 5,
  timed: false,
  describe: (file) => means(file, 15),
  comparer: (rows, bytes) => squareComparer(rows, bytes, { side: 15, pool: 3, power: 1, orientations: 8, perCell: 3 }),
};

/**
 * difPy as its documentation describes it: pictures resized to 50 × 50 RGB, mean squared error of the tensors, the
 * second picture tried in its four rotations; 5 is what it calls "similar". With `lazy` off, so that sizes may differ.
 */
export const difPy: PairwiseTool = {
  name: 'difPy (algorithm)',
  bytes: 50 * 50 * 3,
  ownThreshold: 5,
  timed: false,
  describe: (file) => resized(file, 50),
  comparer: (rows, bytes) => squareComparer(rows, bytes, { side: 50, pool: 10, power: 2, orientations: 4, perCell: 1 }),
};

async function means(file: string, side: number): Promise<Uint8Array> {
  const { data, info } = await open(file).raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const result = new Uint8Array(side * side * 3);
  for (let cell = 0; cell < side * side; cell++) {
    const [column, row] = [cell % side, Math.floor(cell / side)];
    const [left, right] = [Math.floor((column * width) / side), Math.max(Math.floor(((column + 1) * width) / side), 1)];
    const [top, bottom] = [Math.floor((row * height) / side), Math.max(Math.floor(((row + 1) * height) / side), 1)];
    for (let channel = 0; channel < 3; channel++) {
      let sum = 0;
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) sum += data[(y * width + x) * channels + Math.min(channel, channels - 1)]!;
      }
      result[cell * 3 + channel] = sum / Math.max(1, (right - left) * (bottom - top));
    }
  }
  return result;
}

async function resized(file: string, side: number): Promise<Uint8Array> {
  const picture = open(file).resize(side, side, { fit: 'fill', kernel: 'cubic' }).raw({ depth: 'uchar' });
  const { data, info } = await picture.toBuffer({ resolveWithObject: true });
  if ((info.channels as number) === 3) return data;
  return Uint8Array.from({ length: side * side * 3 }, (_, index) => data[Math.floor(index / 3) * info.channels]!);
}

const open = (file: string) => sharp(file).autoOrient().flatten({ background: '#ffffff' }).toColourspace('srgb');

interface Metric {
  side: number;
  /** Cells each way whose means bound the distance from below. */
  pool: number;
  power: 1 | 2;
  orientations: 1 | 4 | 8;
  /** The sum over channels counts this many times in the average: 3 where it is per cell, 1 where per value. */
  perCell: 1 | 3;
}

/** Means of pooled cells can only lie nearer than the cells do: they rule most pairs out for a fraction of the work. */
function squareComparer(rows: Uint8Array, bytes: number, metric: Metric): Comparer {
  const count = rows.length / bytes;
  const coarseSide = metric.side / metric.pool;
  const coarseBytes = coarseSide * coarseSide * 3;
  const fine = places(metric.side, metric.orientations);
  const coarse = places(coarseSide, metric.orientations);
  const pooled = new Float32Array(count * coarseBytes);
  for (let i = 0; i < count; i++) {
    const values = rows.subarray(i * bytes, (i + 1) * bytes);
    pooled.set(pool({ side: metric.side, values }, metric.pool), i * coarseBytes);
  }
  const difference = metric.power === 1 ? sumOfDifferences : sumOfSquares;
  return (one, other, bound) => {
    let least = BEYOND;
    for (let orientation = 0; orientation < fine.length; orientation++) {
      const limit = Math.min(bound, least);
      const coarseLimit = (limit * coarseBytes) / metric.perCell + 1e-3 * coarseBytes;
      const apart = difference(pooled, one * coarseBytes, other * coarseBytes, coarse[orientation]!, coarseLimit);
      if (apart > coarseLimit) continue;
      const fineLimit = (limit * bytes) / metric.perCell;
      const distance = difference(rows, one * bytes, other * bytes, fine[orientation]!, fineLimit);
      least = Math.min(least, (distance * metric.perCell) / bytes);
    }
    return least;
  };
}

type Values = Uint8Array | Float32Array;

function sumOfDifferences(values: Values, one: number, other: number, place: Uint16Array, limit: number): number {
  let sum = 0;
  for (let i = 0; i < place.length && sum <= limit; i++) sum += Math.abs(values[one + i]! - values[other + place[i]!]!);
  return sum;
}

function sumOfSquares(values: Values, one: number, other: number, place: Uint16Array, limit: number): number {
  let sum = 0;
  for (let i = 0; i < place.length && sum <= limit; i++) {
    const difference = values[one + i]! - values[other + place[i]!]!;
    sum += difference * difference;
  }
  return sum;
}

/** For each orientation, where the value at each place of the upright square is found. */
function places(side: number, orientations: number): Uint16Array[] {
  return Array.from({ length: orientations }, (_, orientation) => {
    const place = new Uint16Array(side * side * 3);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        let [column, row] = orientation >= 4 ? [side - 1 - x, y] : [x, y];
        for (let turn = 0; turn < orientation % 4; turn++) [column, row] = [side - 1 - row, column];
        for (let channel = 0; channel < 3; channel++) {
          place[(y * side + x) * 3 + channel] = (row * side + column) * 3 + channel;
        }
      }
    }
    return place;
  });
}

function pool({ side, values }: Square, cells: number): Float32Array {
  const coarseSide = side / cells;
  const result = new Float32Array(coarseSide * coarseSide * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const target = (Math.floor(y / cells) * coarseSide + Math.floor(x / cells)) * 3;
      for (let channel = 0; channel < 3; channel++) {
        result[target + channel]! += values[(y * side + x) * 3 + channel]! / (cells * cells);
      }
    }
  }
  return result;
}
