import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

export interface SizedFiles {
  /** Such as "1 MP". */
  name: string;
  files: string[];
}

const SIZES = [
  { name: '0.2 MP', width: 516, height: 388, count: 24 },
  { name: '1 MP', width: 1160, height: 864, count: 8 },
  { name: '12 MP', width: 4000, height: 3000, count: 2 },
] as const;

const CELL = 500;
const QUALITY = 90;

/**
 * JPEGs of exact sizes in `folder`. A photo that is large enough is shrunk; else photos are laid side by side, for one
 * that is blown up has less detail than a camera's and decodes too fast.
 */
export async function writeSpeedFiles(photos: readonly string[], folder: string): Promise<SizedFiles[]> {
  await mkdir(folder, { recursive: true });
  const measured = await Promise.all(
    photos.slice(0, 400).map(async (file) => {
      const { width, height } = await sharp(file).metadata();
      return { file, width, height };
    }),
  );
  return Promise.all(
    SIZES.map(async ({ name, width, height, count }) => {
      const enough = measured.filter((photo) => photo.width >= width && photo.height >= height).map(({ file }) => file);
      const files = Array.from({ length: count }, (_, index) => join(folder, `${width}x${height}-${index}.jpg`));
      for (const [index, path] of files.entries()) {
        if ((await stat(path).catch(() => null)) !== null) continue;
        const one = enough[index];
        const jpeg = one ? await shrunk(one, width, height) : await tiled(photos, index * 48, width, height);
        await writeFile(path, jpeg);
      }
      return { name, files };
    }),
  );
}

const shrunk = (file: string, width: number, height: number): Promise<Buffer> =>
  sharp(file).autoOrient().resize(width, height, { fit: 'cover' }).flatten().jpeg({ quality: QUALITY }).toBuffer();

async function tiled(photos: readonly string[], first: number, width: number, height: number): Promise<Buffer> {
  const columns = Math.ceil(width / CELL);
  const rows = Math.ceil(height / CELL);
  const tiles = await Promise.all(
    Array.from({ length: columns * rows }, async (_, index) => {
      const [column, row] = [index % columns, Math.floor(index / columns)];
      const [left, top] = [column * CELL, row * CELL];
      const photo = sharp(photos[(first + index) % photos.length]).autoOrient();
      const size = [Math.min(CELL, width - left), Math.min(CELL, height - top)] as const;
      return {
        input: await photo
          .resize(...size, { fit: 'cover' })
          .flatten()
          .png()
          .toBuffer(),
        left,
        top,
      };
    }),
  );
  return sharp({ create: { width, height, channels: 3, background: '#000' } })
    .composite(tiles)
    .jpeg({ quality: QUALITY })
    .toBuffer();
}
