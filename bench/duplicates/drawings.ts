import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CopySet } from './copy-set.js';

export interface DrawingOptions {
  folder: string;
  /** One of them is seen beside the drawing in collages and the like. */
  photos: string;
  /** Pictures of each drawn hard set, and how many of these copies are made of. */
  size: number;
  copied: number;
  seed: string;
}

/** Drawn hard sets larger than the benchmark's, and copies of some of their pictures; kept in the temporary folder. */
export async function readDrawings(wanted: Omit<DrawingOptions, 'folder'>): Promise<CopySet> {
  const key = createHash('sha256').update(JSON.stringify(wanted)).digest('hex').slice(0, 12);
  const options: DrawingOptions = { ...wanted, folder: join(tmpdir(), 'assay-bench-duplicates', `drawings-${key}`) };
  const manifest = join(options.folder, 'set.json');
  const read = () => readFile(manifest, 'utf8').catch(() => null);
  if ((await read()) === null) {
    const script = join(import.meta.dirname, 'build-drawings.ts');
    await promisify(execFile)(process.execPath, ['--import', 'tsx', script, JSON.stringify(options)]);
  }
  return JSON.parse((await read())!) as CopySet;
}
