import type { Pixels } from '../pixels.js';

export type Filter = 'box' | 'bilinear' | 'bicubic' | 'lanczos';

/** Kernels by their reach, in pixels of the smaller picture. Bicubic as Pillow has it: a = −0.5. */
const KERNELS: Record<Filter, { reach: number; weight: (x: number) => number }> = {
  box: { reach: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { reach: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    reach: 2,
    weight: (x) => {
      const d = Math.abs(x);
      if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
      return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
    },
  },
  lanczos: { reach: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

const PRECISION = 22;

/** A part of a picture, pixels. */
export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

/**
 * Resizes RGB as Pillow's `Image.resize` does, to the byte: kernels that widen as the picture shrinks, weights in fixed
 * point, rows first, rounded to bytes between the passes. Models are trained on what Pillow gives.
 * @param area of the resized picture; only that is made, whatever the size of the whole.
 */
export function resize(
  picture: Pixels,
  { width, height }: { width: number; height: number },
  filter: Filter,
  area: Area = { left: 0, top: 0, width, height },
): Pixels {
  const across = weightsFor({ from: picture.width, to: width, first: area.left, count: area.width }, filter);
  const down = weightsFor({ from: picture.height, to: height, first: area.top, count: area.height }, filter);
  const top = Math.min(...down.starts);
  const bottom = Math.max(...down.starts.map((start, index) => start + down.counts[index]!));
  const rows = resizeRows(picture, across, { top, bottom });
  return resizeColumns(rows, down, top);
}

interface Weights {
  starts: Int32Array;
  counts: Int32Array;
  weights: Int32Array;
  /** Weights kept for each output pixel. */
  most: number;
}

function resizeRows(
  { data, width: from }: Pixels,
  { starts, counts, weights, most }: Weights,
  { top, bottom }: { top: number; bottom: number },
): Pixels {
  const width = starts.length;
  const out = new Uint8Array(width * (bottom - top) * 3);
  for (let y = top, at = 0; y < bottom; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const end = x * most + counts[x]!;
      let source = (y * from + starts[x]!) * 3;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let w = x * most; w < end; w++, source += 3) {
        const weight = weights[w]!;
        red = (red + Math.imul(data[source]!, weight)) | 0;
        green = (green + Math.imul(data[source + 1]!, weight)) | 0;
        blue = (blue + Math.imul(data[source + 2]!, weight)) | 0;
      }
      out[at] = toByte(red);
      out[at + 1] = toByte(green);
      out[at + 2] = toByte(blue);
    }
  }
  return { data: out, width, height: bottom - top };
}

/** @param top which row of the picture the first of these is. */
function resizeColumns({ data, width }: Pixels, { starts, counts, weights, most }: Weights, top: number): Pixels {
  const height = starts.length;
  const stride = width * 3;
  const out = new Uint8Array(stride * height);
  const sums = new Int32Array(stride);
  for (let y = 0; y < height; y++) {
    sums.fill(HALF);
    for (let i = 0; i < counts[y]!; i++) {
      const weight = weights[y * most + i]!;
      const row = (starts[y]! - top + i) * stride;
      for (let x = 0; x < stride; x++) sums[x]! += Math.imul(data[row + x]!, weight);
    }
    for (let x = 0; x < stride; x++) out[y * stride + x] = toByte(sums[x]!);
  }
  return { data: out, width, height };
}

const ONE = 2 ** PRECISION;
const HALF = ONE / 2;
/** Kernels' weights sum to `ONE`, the worst of their absolute values to less than twice that: 32 bits hold every sum. */
const toByte = (fixed: number) => Math.min(255, Math.max(0, fixed >> PRECISION));

/** Of `count` output pixels from `first` on, where `from` become `to`. */
function weightsFor(
  { from, to, first, count }: { from: number; to: number; first: number; count: number },
  filter: Filter,
): Weights {
  const { reach, weight } = KERNELS[filter];
  const scale = from / to;
  const widening = Math.max(1, scale);
  // A factor and no divisor, as Pillow has it: the last bits differ.
  const narrowing = 1 / widening;
  const support = reach * widening;
  const most = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(count);
  const counts = new Int32Array(count);
  const weights = new Int32Array(count * most);
  for (let index = 0; index < count; index++) {
    const centre = (first + index + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const reached = Math.min(from, Math.trunc(centre + support + 0.5)) - start;
    const shares = Array.from({ length: reached }, (_, i) => weight((i + start - centre + 0.5) * narrowing));
    const sum = shares.reduce((total, share) => total + share, 0);
    shares.forEach((share, i) => {
      const fixed = (sum === 0 ? share : share / sum) * ONE;
      weights[index * most + i] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    });
    starts[index] = start;
    counts[index] = reached;
  }
  return { starts, counts, weights, most };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}
