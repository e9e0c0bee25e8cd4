import { open, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { ImageContentType } from '../../workers/analysis.js';

export interface LabelledPicture {
  path: string;
  generated: boolean;
  /** The folder below `real` or `ai` that it lies in, or that itself. */
  source: string;
  contentType: ImageContentType;
}

/**
 * The JPEGs, PNGs and WebPs below `real/` and `ai/` of a folder, by path; other files are passed over.
 * @param most of each source, spread evenly over its list.
 * @throws where the folder lacks either.
 */
export async function listLabelled(folder: string, most = Infinity): Promise<LabelledPicture[]> {
  const pictures: LabelledPicture[] = [];
  for (const label of ['real', 'ai']) {
    const root = join(folder, label);
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
      throw new Error(`${folder} needs the folders real and ai; ${label} cannot be read.`, { cause: error });
    });
    const bySource = new Map<string, string[]>();
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const [first = '', ...rest] = relative(root, path).split(sep);
      const source = rest.length > 0 ? first : label;
      bySource.set(source, [...(bySource.get(source) ?? []), path]);
    }
    for (const [source, paths] of [...bySource].sort(([a], [b]) => (a < b ? -1 : 1))) {
      for (const path of spread(paths.sort(), most)) {
        const contentType = await contentTypeOf(path);
        if (contentType) pictures.push({ path, generated: label === 'ai', source, contentType });
      }
    }
  }
  return pictures;
}

function spread(paths: readonly string[], most: number): string[] {
  if (paths.length <= most) return [...paths];
  return Array.from({ length: most }, (_, index) => paths[Math.floor((index * paths.length) / most)]!);
}

async function contentTypeOf(path: string): Promise<ImageContentType | null> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(12), 0, 12, 0);
    const head = buffer.toString('latin1');
    if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
    if (head.startsWith('\x89PNG')) return 'image/png';
    return /^RIFF.{4}WEBP/s.test(head) ? 'image/webp' : null;
  } finally {
    await file.close();
  }
}
