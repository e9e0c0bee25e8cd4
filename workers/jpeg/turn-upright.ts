import type { Pixels } from '../pixels.js';

/** A picture as EXIF's orientation (CIPA DC-008, 1…8) says that it is to be seen. */
export function turnUpright(pixels: Pixels, orientation: number): Pixels {
  if (orientation === 1) return pixels;
  const { data, width, height } = pixels;
  const transposed = orientation > 4;
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const across = fromRight ? -3 : 3;
  const down = (fromBottom ? -3 : 3) * width;
  const [step, nextRow] = transposed ? [down, across] : [across, down];
  const upright = transposed ? { width: height, height: width } : { width, height };
  const turned = new Uint8Array(data.length);
  let start = ((fromBottom ? height - 1 : 0) * width + (fromRight ? width - 1 : 0)) * 3;
  for (let y = 0, to = 0; y < upright.height; y++, start += nextRow) {
    for (let x = 0, from = start; x < upright.width; x++, from += step, to += 3) {
      turned[to] = data[from]!;
      turned[to + 1] = data[from + 1]!;
      turned[to + 2] = data[from + 2]!;
    }
  }
  return { data: turned, ...upright };
}
