import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import sharp from 'sharp';
import type { CopySet, Picture } from './copy-set.js';
import { seededRandom, type Random } from './random.js';
import { openRaster, toRaster, warp, type Raster } from './raster.js';

const LONGEST_SIDE = 800;
const AT_ONCE = 2;

/**
 * Other shots of the scenes of a set's originals, drawn from them: seen from elsewhere, so that what is near moves
 * otherwise than what is far, and framed otherwise. They are no copies. Kept beside the set.
 * @returns two of each original, as pictures of its source.
 */
export async function nextShots({ folder, pictures }: CopySet, seed: string): Promise<Picture[]> {
  const originals = pictures.filter(({ role }) => role === 'original');
  const made = await pMap(
    originals,
    async ({ file, source }) => {
      const shots = [];
      for (const number of [1, 2]) {
        const path = join(folder, `${source}-next-${number}.jpg`);
        const there = await stat(path).catch(() => null);
        if (there === null) {
          const photo = await toRaster(
            sharp(file).autoOrient().resize(LONGEST_SIDE, LONGEST_SIDE, { fit: 'inside', withoutEnlargement: true }),
          );
          const shot = nextShot(photo, seededRandom(`${seed}${source} next ${number}`));
          await writeFile(path, await openRaster(shot).jpeg({ quality: 85 }).toBuffer());
        }
        shots.push({ file: path, source, role: 'hard', kind: 'next shot', shows: [source] } satisfies Picture);
      }
      return shots;
    },
    { concurrency: AT_ONCE },
  );
  return made.flat();
}

function nextShot(photo: Raster, random: Random): Raster {
  const kept = random.between(0.72, 0.96);
  const [width, height] = [Math.round(photo.width * kept), Math.round(photo.height * kept)];
  const [left, top] = [(photo.width - width) * random.between(0, 1), (photo.height - height) * random.between(0, 1)];
  const tilt = random.sign() * random.between(0.03, 0.14);
  const parallax = [wave(random), wave(random), wave(random), wave(random)] as const;
  const gain = random.between(0.88, 1.12);
  const shot = warp(photo, width, height, (x, y) => {
    const [u, v] = [x / width, y / height];
    const zoom = 1 - Math.abs(tilt) * (tilt > 0 ? u : 1 - u);
    const moved = (one: Wave, other: Wave) => (one(u, v) + other(u, v)) * width;
    return [
      left + x + moved(parallax[0], parallax[1]),
      top + height / 2 + (y - height / 2) * zoom + moved(parallax[2], parallax[3]),
    ];
  });
  return { ...shot, data: Buffer.from(shot.data.map((value) => Math.min(255, Math.round(value * gain)))) };
}

type Wave = (u: number, v: number) => number;

/** A displacement that changes smoothly over the picture, in shares of its side. */
function wave(random: Random): Wave {
  const reach = random.between(0.008, 0.025);
  const [across, down] = [random.between(-1.6, 1.6), random.between(-1.6, 1.6)];
  const phase = random.between(0, 1);
  return (u, v) => reach * Math.sin(2 * Math.PI * (across * u + down * v + phase));
}
