import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface Picture {
  /** Absolute path. */
  file: string;
  /** The photo it is made of. */
  source: string;
  role: 'original' | 'copy' | 'distractor' | 'hard';
  /** The kind of a copy, the name of a hard set, else ''. */
  kind: string;
  /** Every source of which some part can be seen in it: pictures that share one are no wrong pair. */
  shows: string[];
}

export interface CopySet {
  folder: string;
  pictures: Picture[];
}

export interface CopySetOptions {
  photos: string;
  originals: number;
  /** Pictures in each hard set. */
  hardSetSize: number;
  /** Other edits and other drawings than those of the benchmark's set. */
  seed?: string;
}

export const QUICK = { originals: 60, hardSetSize: 20 };
export const FULL = { originals: 300, hardSetSize: 60 };

/** Changes whenever the same folder would give another set: a cached one of another version is not taken. */
const SET_VERSION = '4';

/** Photos of a folder and those below it, by path; of files with equal bytes only the first. */
export async function listPhotos(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && /\.(jpe?g|png|webp)$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const seen = new Set<string>();
  const photos: string[] = [];
  for (const path of paths) {
    const digest = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    if (!seen.has(digest)) photos.push(path);
    seen.add(digest);
  }
  return photos;
}

/** Where a set for these options lies, or is to be built. */
export function setFolder(options: CopySetOptions): string {
  const key = JSON.stringify(
    [SET_VERSION, resolve(options.photos), options.originals, options.hardSetSize].concat(options.seed ?? []),
  );
  return join(tmpdir(), 'assay-bench-duplicates', createHash('sha256').update(key).digest('hex').slice(0, 12));
}

const manifestPath = (folder: string) => join(folder, 'set.json');
export const manifestOf = (set: CopySet): { path: string; text: string } => ({
  path: manifestPath(set.folder),
  text: JSON.stringify(set),
});

export async function readCopySet(options: CopySetOptions): Promise<CopySet | null> {
  const path = manifestPath(setFolder(options));
  const there = await stat(path).catch(() => null);
  return there === null ? null : (JSON.parse(await readFile(path, 'utf8')) as CopySet);
}
