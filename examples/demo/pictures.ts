import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { insertPngChunks, renderPicture, truncate } from '../../test/support/pictures.js';

/** Renders a folder that has something of all that quality control finds. */
export async function renderDemoFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const originals = await Promise.all(
    Array.from({ length: 12 }, (_, seed) => renderPicture({ seed: seed + 1, width: 1024, height: 768 })),
  );
  const [first, second, third] = originals as [Buffer, Buffer, Buffer];
  const generated = await renderPicture({ seed: 50, width: 768, height: 768, format: 'png' });
  const parameters = Buffer.from(
    'parameters\0a lighthouse at dusk\nSteps: 30, Sampler: Euler a, Model: sdxl',
    'latin1',
  );

  const files: Record<string, Buffer> = {
    ...Object.fromEntries(
      originals.map((picture, index) => [`original-${String(index + 1).padStart(2, '0')}.jpg`, picture]),
    ),
    'recompressed-01.jpg': await sharp(first).jpeg({ quality: 45 }).toBuffer(),
    'smaller-02.webp': await sharp(second).resize(480).webp().toBuffer(),
    'same-bytes-03.jpg': third,
    'with-generator-metadata.png': insertPngChunks(generated, [{ type: 'tEXt', data: parameters }]),
    'flat.png': await sharp({ create: { width: 640, height: 480, channels: 3, background: '#336699' } })
      .png()
      .toBuffer(),
    'torn-off.jpg': truncate(first),
    'not-a-picture.jpg': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
  };
  await Promise.all(Object.entries(files).map(([name, bytes]) => writeFile(join(folder, name), bytes)));
}
