import { openRaster, drawOver, piped, toRaster, type Edit } from '../raster.js';
import { sentence } from '../words.js';

/** A white bar with a sentence below the picture, as shared jokes have it. */
export const captionBelow: Edit = async (photo, random) => {
  const bar = Math.round(photo.height * random.between(0.1, 0.16));
  const extended = await toRaster(openRaster(photo).extend({ bottom: bar, background: '#fff' }));
  return drawOver(
    extended,
    `<text x="50%" y="${photo.height + bar * 0.65}" font-family="sans-serif" font-size="${fontSize(photo.width, bar * 0.45)}"
      text-anchor="middle">${sentence(random, 5)}</text>`,
  );
};

/** Bold text with an outline over the picture's top and bottom. */
export const captionOver: Edit = (photo, random) => {
  const size = fontSize(photo.width, photo.height * 0.09);
  const line = (y: number) =>
    `<text x="50%" y="${y}" font-family="sans-serif" font-weight="bold" font-size="${size}" text-anchor="middle" fill="#fff"
      stroke="#000" stroke-width="${size / 14}">${sentence(random, 4).toUpperCase()}</text>`;
  return drawOver(photo, line(size * 1.2) + line(photo.height - size * 0.4));
};

const fontSize = (width: number, height: number) => Math.max(8, Math.min(height, width / 22));

/** Half transparent text repeated across the picture. */
export const watermark: Edit = (photo, random) => {
  const size = Math.max(10, photo.width / 12);
  const text = sentence(random, 1);
  const marks: string[] = [];
  for (let y = size; y < photo.height * 1.5; y += size * 3) {
    for (let x = -photo.width / 2; x < photo.width; x += size * 7)
      marks.push(`<text x="${x}" y="${y}">© ${text}</text>`);
  }
  return drawOver(
    photo,
    `<g font-family="sans-serif" font-size="${size}" fill="#fff" fill-opacity="0.4" transform="rotate(-25)">${marks.join('')}</g>`,
  );
};

/** An opaque badge in a corner. */
export const logo: Edit = (photo, random) => {
  const side = Math.min(photo.width, photo.height) * 0.18;
  const [x, y] = [random.pick([side, photo.width - side]), random.pick([side, photo.height - side])];
  return drawOver(
    photo,
    `<circle cx="${x}" cy="${y}" r="${side * 0.8}" fill="#d22" stroke="#fff" stroke-width="${side / 12}"/>
     <text x="${x}" y="${y + side * 0.2}" font-family="sans-serif" font-weight="bold" font-size="${side * 0.55}"
      text-anchor="middle" fill="#fff">${random.integer(10, 99)}</text>`,
  );
};

/** Bars above and below, or left and right, as players add them. */
export const letterbox = piped((picture, photo, random) => {
  const tall = random.sign() > 0;
  const bar = Math.round((tall ? photo.height : photo.width) * random.between(0.12, 0.2));
  const background = random.pick(['#000', '#fff']);
  return tall
    ? picture.extend({ top: bar, bottom: bar, background })
    : picture.extend({ left: bar, right: bar, background });
});

export const border = piped((picture, photo, random) => {
  const side = Math.round(Math.min(photo.width, photo.height) * random.between(0.04, 0.08));
  const background = random.pick(['#fff', '#000', '#8a5a2b', '#2b6cb0']);
  return picture.extend({ top: side, bottom: side, left: side, right: side, background });
});
