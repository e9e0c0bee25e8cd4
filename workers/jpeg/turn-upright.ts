import type { Plane8 } from '../pixels.js';

/** A plane within other bytes. */
export interface StridedPlane extends Plane8 {
  /** Where its first value lies, and how far from there the next row's. */
  start: number;
  stride: number;
}

/** A copy as EXIF's orientation (CIPA DC-008, 1…8) says that the picture is to be seen. */
export function turnUpright({ data, start, stride, width, height }: StridedPlane, orientation: number): Plane8 {
  const turned = new Uint8Array(width * height);
  if (orientation === 1) {
    for (let y = 0; y < height; y++)
      turned.set(data.subarray(start + y * stride, start + y * stride + width), y * width);
    return { data: turned, width, height };
  }
  const transposed = orientation > 4;
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const across = fromRight ? -1 : 1;
  const down = (fromBottom ? -1 : 1) * stride;
  const [step, nextRow] = transposed ? [down, across] : [across, down];
  const upright = transposed ? { width: height, height: width } : { width, height };
  let rowStart = start + (fromBottom ? height - 1 : 0) * stride + (fromRight ? width - 1 : 0);
  for (let y = 0, to = 0; y < upright.height; y++, rowStart += nextRow) {
    for (let x = 0, from = rowStart; x < upright.width; x++, from += step) turned[to++] = data[from]!;
  }
  return { data: turned, ...upright };
}
