import { renderSvg, warp, type Raster } from '../raster.js';
import type { Random } from '../random.js';
import { colour } from '../words.js';

const sizes = [
  [640, 480],
  [480, 640],
  [512, 512],
  [800, 450],
] as const;

const sheet = (random: Random, defs: string, body: string): Promise<Raster> => {
  const [width, height] = random.pick(sizes);
  return renderSvg(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><defs>${defs}</defs>${body}</svg>`,
  );
};

const full = (fill: string) => `<rect width="100%" height="100%" fill="${fill}"/>`;

/** One colour, or nearly: walls, blank pages, lens caps. Every other one has faint noise. */
export async function flat(random: Random, index: number): Promise<Raster> {
  const raster = await sheet(random, '', full(colour(random)));
  return index % 2 === 0 ? raster : noisy(raster, random, 2);
}

/** Two or three stops, linear or radial. */
export function gradient(random: Random): Promise<Raster> {
  const stops = [0, 50, 100].map((at) => `<stop offset="${at}%" stop-color="${colour(random)}"/>`).join('');
  const turn = `gradientTransform="rotate(${random.integer(0, 359)} .5 .5)"`;
  return random.sign() > 0
    ? sheet(random, `<linearGradient id="g" ${turn}>${stops}</linearGradient>`, full('url(#g)'))
    : sheet(
        random,
        `<radialGradient id="g" r="${random.between(0.4, 0.9)}">${stops}</radialGradient>`,
        full('url(#g)'),
      );
}

/** A photo as an underexposed sensor gives it: values of 0…20, with noise. */
export function dark(photo: Raster, random: Random): Raster {
  const data = Buffer.from(photo.data.map((value) => (value * value) / 3500));
  return noisy({ ...photo, data }, random, 1.5);
}

/** A calm sky over a horizon: little structure, much alike. */
export async function sky(random: Random): Promise<Raster> {
  const horizon = random.between(55, 85);
  const clouds = Array.from(
    { length: random.integer(0, 3) },
    () =>
      `<ellipse cx="${random.integer(0, 100)}%" cy="${random.integer(5, 45)}%" rx="${random.integer(8, 25)}%" ry="${random.integer(2, 6)}%" fill="#fff" fill-opacity="0.5" filter="url(#b)"/>`,
  );
  const raster = await sheet(
    random,
    `<linearGradient id="s" x2="0" y2="1"><stop offset="0" stop-color="rgb(${random.integer(30, 110)},${random.integer(100, 160)},220)"/>
     <stop offset="1" stop-color="rgb(210,225,240)"/></linearGradient><filter id="b"><feGaussianBlur stdDeviation="8"/></filter>`,
    `${full('url(#s)')}${clouds.join('')}<rect y="${horizon}%" width="100%" height="50%" fill="rgb(${random.integer(20, 80)},${random.integer(60, 110)},${random.integer(40, 120)})"/>`,
  );
  return noisy(raster, random, 3);
}

function noisy(raster: Raster, random: Random, sigma: number): Raster {
  const data = Buffer.from(
    raster.data.map((value) => Math.min(255, Math.max(0, Math.round(value + random.normal() * sigma)))),
  );
  return { ...raster, data };
}

/**
 * Frame `index` of a slow pan over a scene: the ground (one photo) moves little, a blob cut from another photo moves
 * across it four times as fast.
 */
export function panFrame(ground: Raster, subject: Raster, random: Random, index: number): Raster {
  const drift = random.between(0.012, 0.02) * index;
  const [width, height] = [Math.round(ground.width * 0.8), Math.round(ground.height * 0.8)];
  const [centreX, centreY] = [width * (0.25 + 4 * drift), height * 0.6];
  const radius = Math.min(width, height) * 0.22;
  return warp(ground, width, height, (x, y) => [x + ground.width * (0.05 + drift), y + ground.height * 0.1], {
    over: subject,
    at: (x, y) => {
      const [fromX, fromY] = [x - centreX, y - centreY];
      if (fromX * fromX + fromY * fromY * 0.6 > radius * radius) return null;
      return [subject.width / 2 + fromX, subject.height / 2 + fromY];
    },
  });
}
