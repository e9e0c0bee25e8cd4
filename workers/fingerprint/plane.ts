import { resample, type Taps } from './plane-kernel.js';

/** One channel of a picture, row by row. */
export interface Plane {
  values: Float32Array;
  width: number;
  height: number;
}

/** Area average; enlarges nothing. */
export function shrinkPlane(source: Plane, width: number, height: number): Plane {
  if (width >= source.width && height >= source.height) {
    return { ...source, values: source.values.slice(0, source.width * source.height) };
  }
  const part = {
    values: source.values,
    width: source.width,
    left: 0,
    top: 0,
    rows: source.height,
    columns: source.width,
  };
  const [across, down] = [sharesOf(source.width, width), sharesOf(source.height, height)];
  return { values: resample(part, across, down, width, height).slice(), width, height };
}

/** The next level of a pyramid: half the area. */
export const halveArea = (plane: Plane): Plane =>
  shrinkPlane(plane, Math.round(plane.width * Math.SQRT1_2), Math.round(plane.height * Math.SQRT1_2));

const known = new Map<number, Taps>();
const MOST_KNOWN = 4096;

/** By area: a value that straddles two targets counts for each by its share. */
export function sharesOf(from: number, to: number): Taps {
  const key = from * 65_536 + to;
  let shares = known.get(key);
  if (!shares) {
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(key, (shares = workOutShares(from, to)));
  }
  return shares;
}

function workOutShares(from: number, to: number): Taps {
  const each = from / to;
  const taps = Math.min(from, Math.ceil(each) + 1);
  const shares = { first: new Int32Array(to), taps, weights: new Float32Array(to * taps) };
  for (let index = 0; index < to; index++) {
    const start = index * each;
    const first = Math.max(0, Math.min(from - taps, Math.floor(start)));
    shares.first[index] = first;
    for (let tap = 0; tap < taps; tap++) {
      const covered = Math.min(first + tap + 1, start + each) - Math.max(first + tap, start);
      shares.weights[index * taps + tap] = Math.max(0, covered) / each;
    }
  }
  return shares;
}
