/** One channel of a picture, row by row. */
export interface Plane {
  values: Float32Array;
  width: number;
  height: number;
}

/** Area average; enlarges nothing. */
export function resizePlane(source: Plane, width: number, height: number): Plane {
  if (width >= source.width && height >= source.height) {
    return { ...source, values: source.values.slice(0, source.width * source.height) };
  }
  const half = new Float32Array(width * source.height);
  averageLines(source.values, half, {
    lines: source.height,
    from: source.width,
    to: width,
    along: 1,
    across: [source.width, width],
  });
  const values = new Float32Array(width * height);
  averageLines(half, values, { lines: width, from: source.height, to: height, along: width, across: [1, 1] });
  return { values, width, height };
}

/** A level of the pyramid: half the area. */
export const halveBySqrt2 = (plane: Plane): Plane =>
  resizePlane(plane, Math.round(plane.width * Math.SQRT1_2), Math.round(plane.height * Math.SQRT1_2));

interface Lines {
  lines: number;
  /** Length of a line before and after. */
  from: number;
  to: number;
  /** Distance of neighbours on a line. */
  along: number;
  /** Distance of lines in source and target. */
  across: readonly [source: number, target: number];
}

function averageLines(source: Float32Array, target: Float32Array, { lines, from, to, along, across }: Lines): void {
  const each = from / to;
  for (let index = 0; index < to; index++) {
    const start = index * each;
    const end = Math.min(from, start + each);
    const first = Math.floor(start);
    const last = Math.min(from - 1, Math.ceil(end) - 1);
    for (let line = 0; line < lines; line++) {
      const base = line * across[0];
      let sum = 0;
      for (let at = first; at <= last; at++) {
        const weight = Math.min(at + 1, end) - Math.max(at, start);
        sum += source[base + at * along]! * weight;
      }
      target[line * across[1] + index * along] = sum / (end - start);
    }
  }
}
