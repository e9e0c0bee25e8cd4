import { openRaster, renderSvg, toRaster, type Edit, type Raster } from '../raster.js';
import type { Random } from '../random.js';
import { colour, sentence } from '../words.js';

/** The picture in a post of a feed on a phone: status bar, name, text below; it covers about half the screen. */
export const screenshotOfPhone: Edit = async (photo, random) => {
  const width = 540;
  const height = Math.round((width * photo.height) / photo.width);
  const top = random.integer(110, 170);
  const total = Math.max(960, top + height + 160);
  const dark = random.sign() > 0;
  const [ground, ink] = dark ? ['#15181c', '#e7e9ea'] : ['#fff', '#111'];
  const lines = Array.from(
    { length: Math.floor((total - top - height - 90) / 34) },
    (_, line) => `<text x="20" y="${top + height + 90 + line * 34}" font-size="20">${sentence(random, 6)}</text>`,
  );
  const screen = await renderSvg(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}"><rect width="100%" height="100%" fill="${ground}"/>
     <g font-family="sans-serif" fill="${ink}"><text x="20" y="28" font-size="18">${random.integer(10, 23)}:${random.integer(10, 59)}</text>
     <rect x="480" y="12" width="36" height="18" rx="4"/><circle cx="50" cy="${top - 45}" r="28" fill="${colour(random)}"/>
     <text x="95" y="${top - 38}" font-size="24" font-weight="bold">${sentence(random, 2)}</text>
     <text x="20" y="${top + height + 44}" font-size="26">♥ ${random.integer(2, 900)}   ✉ ${random.integer(1, 80)}</text>
     ${lines.join('')}</g></svg>`,
  );
  return paste(screen, photo, { left: 0, top, width, height });
};

/** The picture in a viewer's window on a desktop: title bar, side bar; it covers about half the screen. */
export const screenshotOfDesktop: Edit = async (photo, random) => {
  const [width, height] = [1280, 800];
  const fit = Math.min(880 / photo.width, 640 / photo.height);
  const box = { width: Math.round(photo.width * fit), height: Math.round(photo.height * fit) };
  const entries = Array.from(
    { length: 18 },
    (_, row) => `<text x="24" y="${110 + row * 36}" font-size="17">${sentence(random, 2)}</text>`,
  );
  const ground = random.pick(['#f3f3f3', '#202124', '#ffffff']);
  const ink = ground === '#202124' ? '#ddd' : '#222';
  const screen = await renderSvg(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${ground}"/>
     <rect width="100%" height="56" fill="${random.pick(['#3b5998', '#dadce0', '#333'])}"/><circle cx="30" cy="28" r="9" fill="#f55"/>
     <circle cx="58" cy="28" r="9" fill="#fb3"/><circle cx="86" cy="28" r="9" fill="#4c4"/>
     <g font-family="sans-serif" fill="${ink}">${entries.join('')}<text x="300" y="785" font-size="16">${sentence(random, 8)}</text></g></svg>`,
  );
  const left = 280 + Math.round((980 - box.width) / 2);
  return paste(screen, photo, { left, top: 80 + Math.round((680 - box.height) / 2), ...box });
};

/** A page of four pictures of which this is one: it covers under a quarter. */
export const collage: Edit = async (photo, random, other) => {
  const cell = 360;
  const gap = 8;
  const page = await blank(cell * 2 + gap * 3, cell * 2 + gap * 3, '#fff');
  const places = [0, 1, 2, 3].map((index) => ({
    left: gap + (index % 2) * (cell + gap),
    top: gap + (index >> 1) * (cell + gap),
    width: cell,
    height: cell,
  }));
  const own = random.integer(0, 3);
  let result = page;
  for (const [index, place] of places.entries()) {
    const picture = index === own ? photo : await cutOut(other, random);
    result = await paste(result, picture, place, index === own ? 'contain' : 'cover');
  }
  return result;
};

/** Pasted into another photo, over about a third of its area. */
export const pastedIn: Edit = async (photo, random, other) => {
  const scene = await toRaster(openRaster(other).resize(900, 900, { fit: 'cover' }));
  const fit = Math.sqrt((0.33 * 900 * 900) / (photo.width * photo.height));
  const width = Math.min(860, Math.round(photo.width * fit));
  const height = Math.min(860, Math.round(photo.height * fit));
  const [left, top] = [random.integer(0, 900 - width), random.integer(0, 900 - height)];
  return paste(scene, photo, { left, top, width, height });
};

interface Place {
  left: number;
  top: number;
  width: number;
  height: number;
}

async function paste(ground: Raster, picture: Raster, place: Place, fit: 'fill' | 'contain' | 'cover' = 'fill') {
  const { data, width, height } = await toRaster(
    openRaster(picture).resize(place.width, place.height, { fit, background: '#fff' }),
  );
  const input = { input: data, raw: { width, height, channels: 3 as const }, left: place.left, top: place.top };
  return toRaster(openRaster(ground).composite([input]));
}

function cutOut(photo: Raster, random: Random): Promise<Raster> {
  const [width, height] = [Math.ceil(photo.width * 0.55), Math.ceil(photo.height * 0.55)];
  const left = random.integer(0, photo.width - width);
  const top = random.integer(0, photo.height - height);
  return toRaster(openRaster(photo).extract({ left, top, width, height }));
}

const blank = (width: number, height: number, fill: string): Promise<Raster> =>
  renderSvg(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${fill}"/></svg>`,
  );
