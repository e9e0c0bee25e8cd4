import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { renderPicture } from '../test/support/pictures.js';

const CROPS_A_SCENE = 25;
const [SCENE_WIDTH, SCENE_HEIGHT] = [1500, 1100];
const [WIDTH, HEIGHT] = [1200, 900];

/**
 * Fills a folder with JPEGs of about one megapixel, photo-like and all different: windows into rendered scenes.
 * @returns their paths; those of an earlier run are taken as they are.
 */
export async function renderBenchFolder(folder: string, count: number): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const there = new Set(await readdir(folder));
  const names = Array.from({ length: count }, (_, index) => `${String(index).padStart(5, '0')}.jpg`);
  for (let first = 0; first < count; first += CROPS_A_SCENE) {
    const wanted = names.slice(first, first + CROPS_A_SCENE).filter((name) => !there.has(name));
    if (wanted.length === 0) continue;
    const scene = await renderPicture({ seed: first, width: SCENE_WIDTH, height: SCENE_HEIGHT, format: 'png' });
    const { data, info } = await sharp(scene).raw().toBuffer({ resolveWithObject: true });
    for (const [index, name] of wanted.entries()) {
      const left = (index % 5) * 75;
      const top = Math.floor(index / 5) * 50;
      const window = sharp(data, { raw: info }).extract({ left, top, width: WIDTH, height: HEIGHT });
      await writeFile(join(folder, name), await window.jpeg({ quality: 85 }).toBuffer());
    }
  }
  return names.map((name) => join(folder, name));
}
