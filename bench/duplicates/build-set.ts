/** Builds a copy-detection set. Runs as a process of its own: the product's decoder forbids sharp to read SVG. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import sharp from 'sharp';
import { listPhotos, manifestOf, setFolder, type CopySet, type CopySetOptions, type Picture } from './copy-set.js';
import { hardSets } from './hard-sets/hard-sets.js';
import { encodeCopy, kinds } from './kinds/kinds.js';
import { openRaster, toRaster, type Raster } from './raster.js';
import { seededRandom, shuffled } from './random.js';

const LONGEST_SIDE = 800;
const AT_ONCE = 2;

sharp.concurrency(1);
sharp.cache(false);
async function build(options: CopySetOptions): Promise<void> {
  const seed = options.seed ?? '';
  const photos = shuffled(await listPhotos(options.photos), seededRandom(`${seed}order`));
  if (photos.length < 10)
    throw new Error(`${options.photos} holds ${photos.length} photos; 10 are the least to work with.`);
  const originals = photos.slice(0, Math.min(options.originals, Math.ceil(photos.length * 0.7)));
  const distractors = photos.slice(originals.length);
  const folder = setFolder(options);
  await mkdir(folder, { recursive: true });
  let done = 0;
  const copies = await pMap(
    originals,
    async (file, index) => {
      const other = index % distractors.length;
      const made = await copiesOf(
        file,
        `photo-${index}`,
        { file: distractors[other]!, source: `distractor-${other}` },
        folder,
        seed,
      );
      if (++done % 20 === 0) console.log(`${done} of ${originals.length} originals copied`);
      return made;
    },
    { concurrency: AT_ONCE },
  );
  const hard = await pMap(hardSets, (set) => renderHardSet(set, options, distractors, folder), {
    concurrency: AT_ONCE,
  });
  const plain = (file: string, source: string, role: Picture['role']): Picture => ({
    file,
    source,
    role,
    kind: '',
    shows: [source],
  });
  const pictures = [
    ...originals.map((file, index) => plain(file, `photo-${index}`, 'original')),
    ...distractors.map((file, index) => plain(file, `distractor-${index}`, 'distractor')),
    ...hard.flat(),
    ...copies.flat(),
  ];
  const set: CopySet = { folder, pictures };
  const { path, text } = manifestOf(set);
  await writeFile(path, text);
}

const readPhoto = (file: string): Promise<Raster> =>
  toRaster(sharp(file).autoOrient().resize(LONGEST_SIDE, LONGEST_SIDE, { fit: 'inside', withoutEnlargement: true }));

async function copiesOf(
  file: string,
  source: string,
  foreign: { file: string; source: string },
  folder: string,
  seed: string,
): Promise<Picture[]> {
  const [photo, other] = [await readPhoto(file), await readPhoto(foreign.file)];
  const pictures: Picture[] = [];
  for (const [index, kind] of kinds.entries()) {
    const random = seededRandom(`${seed}${source} ${kind.name}`);
    const path = join(folder, `${source}-${String(index).padStart(2, '0')}.${kind.extension}`);
    await writeFile(path, await encodeCopy(kind, await kind.edit(photo, random, other)));
    pictures.push({
      file: path,
      source,
      role: 'copy',
      kind: kind.name,
      shows: kind.showsOther ? [source, foreign.source] : [source],
    });
  }
  return pictures;
}

async function renderHardSet(
  set: (typeof hardSets)[number],
  { hardSetSize: size, seed = '' }: CopySetOptions,
  distractors: string[],
  folder: string,
): Promise<Picture[]> {
  const pictures: Picture[] = [];
  const usesPhotos = set.name === 'dark' || set.sequence > 1;
  for (let index = 0; index < size; index++) {
    const shot = Math.floor(index / set.sequence);
    const at = (set.sequence > 1 ? shot * 2 : shot + size) % distractors.length;
    const random = seededRandom(`${seed}${set.name} ${shot}`);
    const [photo, other] = [distractors[at]!, distractors[(at + 1) % distractors.length]!];
    const raster = await set.render(index, random, [await readPhoto(photo), await readPhoto(other)]);
    const path = join(folder, `hard-${set.name.replaceAll(/\W+/g, '-')}-${String(index).padStart(3, '0')}.png`);
    await writeFile(path, await openRaster(raster).png({ compressionLevel: 3 }).toBuffer());
    const source = `${set.name} ${index}`;
    const photosShown = usesPhotos ? [`distractor-${at}`, `distractor-${(at + 1) % distractors.length}`] : [];
    pictures.push({ file: path, source, role: 'hard', kind: set.name, shows: [source, ...photosShown] });
  }
  return pictures;
}

await build(JSON.parse(process.argv[2]!) as CopySetOptions);
