import { openRaster, piped, toRaster, type Edit } from '../raster.js';

export const brighter = piped((picture) => picture.linear(1.3, 12));
export const darker = piped((picture) => picture.linear(0.65, -8));
export const moreContrast = piped((picture) => picture.linear(1.5, -64));
export const lessContrast = piped((picture) => picture.linear(0.6, 51));
export const gamma: Edit = (photo, random) => applyCurve(random.pick([0.6, 1.6]))(photo, random, photo);
export const moreSaturated = piped((picture) => picture.modulate({ saturation: 1.8 }));
export const hueShift = piped((picture) => picture.modulate({ hue: 30 }));
export const grey = piped((picture) => picture.greyscale());
export const sepia = piped((picture) =>
  picture.recomb([
    [0.393, 0.769, 0.189],
    [0.349, 0.686, 0.168],
    [0.272, 0.534, 0.131],
  ]),
);
export const blur = piped((picture, photo) => picture.blur(Math.max(photo.width, photo.height) / 250));
export const sharpen = piped((picture) => picture.sharpen({ sigma: 1.5, m1: 2, m2: 4 }));

/** A warm or a cold cast, as a wrong white balance gives it. */
export const colourCast: Edit = (photo, random) => {
  const warm = random.sign() > 0;
  return toRaster(openRaster(photo).linear(warm ? [1.2, 1, 0.75] : [0.78, 1, 1.2], [0, 0, 0]));
};

/** Gaussian, σ = 14 of 255. */
export const noise: Edit = (photo, random) => {
  const data = Buffer.from(photo.data);
  for (let i = 0; i < data.length; i++)
    data[i] = Math.min(255, Math.max(0, Math.round(data[i]! + random.normal() * 14)));
  return Promise.resolve({ ...photo, data });
};

function applyCurve(exponent: number): Edit {
  const curve = Uint8Array.from({ length: 256 }, (_, value) => Math.round(255 * (value / 255) ** exponent));
  return (photo) => Promise.resolve({ ...photo, data: Buffer.from(photo.data.map((value) => curve[value]!)) });
}
