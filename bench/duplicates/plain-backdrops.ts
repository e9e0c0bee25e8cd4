import pMap from 'p-map';
import sharp from 'sharp';
import type { Picture } from './copy-set.js';

const SIDE = 48;
const RING = 4;
/** Standard deviation of the ring's brightness, of 255. */
const PLAIN = 16;
const LEAST = 10;

/**
 * Photos of a thing on an even backdrop, such as a shop takes: those whose outermost pixels hardly differ.
 * @returns their places in `pictures`; none where there are too few to be a catalogue.
 */
export async function findCatalogueShots(pictures: readonly Picture[]): Promise<number[]> {
  const plain = await pMap(
    pictures,
    async ({ file, role }) => role === 'distractor' && (await ringDeviation(file)) < PLAIN,
    { concurrency: 4 },
  );
  const found = pictures.flatMap((_, index) => (plain[index]! ? [index] : []));
  return found.length >= LEAST ? found : [];
}

async function ringDeviation(file: string): Promise<number> {
  const grey = await sharp(file).autoOrient().greyscale().resize(SIDE, SIDE, { fit: 'fill' }).raw().toBuffer();
  const values: number[] = [];
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      if (Math.min(x, y, SIDE - 1 - x, SIDE - 1 - y) < RING) values.push(grey[y * SIDE + x]!);
    }
  }
  const mean = values.reduce((sum, value) => sum + value) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
