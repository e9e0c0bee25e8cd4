import { open, readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** How files of pictures are named, those included that no service takes: to be told so is better than to miss one. */
const PICTURE_EXTENSIONS = new Set(
  'jpg jpeg jpe jfif png webp gif bmp tif tiff heic heif avif svg jxl jp2'.split(' ').map((name) => `.${name}`),
);
const MAGIC_BYTES = 12;

/** Whether a file's name says that it is a picture. */
export const isNamedPicture = (name: string) => PICTURE_EXTENSIONS.has(extname(name).toLowerCase());

/**
 * Every file below a folder, found while others are being sent. Links to files are followed, those to folders are not, and
 * hidden files and folders are left out. @throws where the folder cannot be read.
 */
export async function* filesBelow(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile() || (entry.isSymbolicLink() && (await leadsToFile(path)))) yield path;
  }
}

/**
 * The files of `filesBelow` that are pictures by their name or their first bytes, so that a folder's lists and notes are
 * not sent to be refused. @throws where the folder cannot be read.
 */
export async function* picturesBelow(folder: string): AsyncGenerator<string> {
  for await (const path of filesBelow(folder)) if (isNamedPicture(path) || (await startsAsPicture(path))) yield path;
}

/** A link that leads nowhere counts: whoever opens it is told. */
const leadsToFile = (path: string) =>
  stat(path).then(
    (stats) => stats.isFile(),
    () => true,
  );

/** Of what cannot be read nothing is known, so that it is no picture. */
async function startsAsPicture(path: string): Promise<boolean> {
  const file = await open(path).catch(() => null);
  if (!file) return false;
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    return isPicture(buffer.subarray(0, bytesRead));
  } catch {
    return false;
  } finally {
    await file.close();
  }
}

/** JPEG, PNG or WebP. */
function isPicture(bytes: Uint8Array): boolean {
  const text = String.fromCharCode(...bytes);
  return text.startsWith('\xff\xd8\xff') || text.startsWith('\x89PNG\r\n\x1a\n') || /^RIFF[^]{4}WEBP/.test(text);
}
