import type { Pixels } from '../../workers/pixels.js';

/**
 * A picture that `training/export.py` computes byte for byte alike: a ramp under noise whose amplitude changes from tile
 * to tile, so that tiles differ in texture.
 */
export function goldenPicture(width: number, height: number, seed: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  let state = seed;
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const shift = ((x >> 6) * 5 + (y >> 6) * 3) % 8;
      for (let channel = 0; channel < 3; channel++) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        data[at++] = (((x + 2 * y + 40 * channel) >> 1) & 127) + ((state >>> 24) >> shift);
      }
    }
  }
  return { data, width, height };
}
