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

/**
 * Resizes RGB as Pillow's `Image.resize` does, to the byte: kernels that widen as the picture shrinks, weights in fixed
 * point, rows first, rounded to bytes between the passes. Models are trained on what Pillow gives.
 */
export function resize(picture: Pixels, width: number, height: number, filter: Filter): Pixels {
  const rows = picture.width === width ? picture : resizeRows(picture, width, filter);
  return rows.height === height ? rows : resizeColumns(rows, height, filter);
}

function resizeRows({ data, width: from, height }: Pixels, width: number, filter: Filter): Pixels {
  const { starts, counts, weights, most } = weightsFor(from, width, filter);
  const out = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const start = (y * from + starts[x]!) * 3;
      let [red, green, blue] = [HALF, HALF, HALF];
      for (let i = 0, source = start, w = x * most; i < counts[x]!; i++, source += 3, w++) {
        const weight = weights[w]!;
        red += data[source]! * weight;
        green += data[source + 1]! * weight;
        blue += data[source + 2]! * weight;
      }
      out[at] = toByte(red);
      out[at + 1] = toByte(green);
      out[at + 2] = toByte(blue);
    }
  }
  return { data: out, width, height };
}

function resizeColumns({ data, width, height: from }: Pixels, height: number, filter: Filter): Pixels {
  const { starts, counts, weights, most } = weightsFor(from, height, filter);
  const stride = width * 3;
  const out = new Uint8Array(stride * height);
  const sums = new Float64Array(stride);
  for (let y = 0; y < height; y++) {
    sums.fill(HALF);
    for (let i = 0; i < counts[y]!; i++) {
      const weight = weights[y * most + i]!;
      const row = (starts[y]! + i) * stride;
      for (let x = 0; x < stride; x++) sums[x]! += data[row + x]! * weight;
    }
    for (let x = 0; x < stride; x++) out[y * stride + x] = toByte(sums[x]!);
  }
  return { data: out, width, height };
}

const ONE = 2 ** PRECISION;
const HALF = ONE / 2;
const toByte = (fixed: number) => Math.min(255, Math.max(0, Math.floor(fixed / ONE)));

function weightsFor(from: number, to: number, filter: Filter) {
  const { reach, weight } = KERNELS[filter];
  const scale = from / to;
  const widening = Math.max(1, scale);
  // A factor and no divisor, as Pillow has it: the last bits differ.
  const narrowing = 1 / widening;
  const support = reach * widening;
  const most = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(to);
  const counts = new Int32Array(to);
  const weights = new Float64Array(to * most);
  for (let index = 0; index < to; index++) {
    const centre = (index + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(from, Math.trunc(centre + support + 0.5)) - start;
    const shares = Array.from({ length: count }, (_, i) => weight((i + start - centre + 0.5) * narrowing));
    const sum = shares.reduce((total, share) => total + share, 0);
    shares.forEach((share, i) => {
      const fixed = (sum === 0 ? share : share / sum) * ONE;
      weights[index * most + i] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    });
    starts[index] = start;
    counts[index] = count;
  }
  return { starts, counts, weights, most };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}
