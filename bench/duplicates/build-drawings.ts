/**
 * Draws hard sets' pictures with a seed of their own and makes copies of some, into a folder: a JSON of `DrawingOptions` is
 * the argument. Runs as a process of its own: the product's decoder forbids sharp to read SVG.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import sharp from 'sharp';
import { listPhotos, manifestOf, type Picture } from './copy-set.js';
import type { DrawingOptions } from './drawings.js';
import { hardSets } from './hard-sets/hard-sets.js';
import { encodeCopy, kinds } from './kinds/kinds.js';
import { openRaster, toRaster, type Raster } from './raster.js';
import { seededRandom } from './random.js';

const LONGEST_SIDE = 800;
const AT_ONCE = 2;

sharp.concurrency(1);
sharp.cache(false);

async function build({ folder, photos, size, copied, seed }: DrawingOptions): Promise<void> {
  await mkdir(folder, { recursive: true });
  const [photo] = await listPhotos(photos);
  const foreign = await toRaster(sharp(photo).autoOrient().resize(LONGEST_SIDE, LONGEST_SIDE, { fit: 'inside' }));
  const drawn = hardSets.filter(({ name, sequence }) => sequence === 1 && name !== 'dark');
  const numbers = Array.from({ length: size }, (_, index) => index);
  const pictures = await pMap(
    drawn.flatMap((set) => numbers.map((index) => ({ set, index }))),
    async ({ set, index }) => {
      const source = `${set.name} ${index}`;
      const raster = await set.render(index, seededRandom(`${seed}${source}`), [foreign, foreign]);
      const file = join(folder, `${fileName(source)}.png`);
      await writeFile(file, await openRaster(raster).png({ compressionLevel: 3 }).toBuffer());
      const drawing: Picture = { file, source, role: 'hard', kind: set.name, shows: [source] };
      return index < copied ? [drawing, ...(await copiesOf(raster, source))] : [drawing];
    },
    { concurrency: AT_ONCE },
  );
  const { path, text } = manifestOf({ folder, pictures: pictures.flat() });
  await writeFile(path, text);

  async function copiesOf(raster: Raster, source: string): Promise<Picture[]> {
    const copies: Picture[] = [];
    for (const kind of kinds) {
      const edited = await kind.edit(raster, seededRandom(`${seed}${source} ${kind.name}`), foreign);
      const file = join(folder, `${fileName(`${source} ${kind.name}`)}.${kind.extension}`);
      await writeFile(file, await encodeCopy(kind, edited));
      copies.push({ file, source, role: 'copy', kind: kind.name, shows: [source] });
    }
    return copies;
  }
}

const fileName = (name: string) => name.replaceAll(/\W+/g, '-');

await build(JSON.parse(process.argv[2]!) as DrawingOptions);
