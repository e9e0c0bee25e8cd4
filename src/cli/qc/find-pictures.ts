import { readdir, realpath, stat, symlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { isNamedPicture } from '../../../client/node.js';
import type { ImageContentType } from '../../../workers/analysis.js';
import { inspectPath } from '../../features/uploads/inspection/inspect-path.js';
import { type PictureLimits, PictureRejected } from '../../features/uploads/inspection/rejection.js';

export interface FoundFile {
  /** Where it can be read. */
  path: string;
  /** Within the folder, with slashes. */
  name: string;
}

/** A file that is a picture, whole and within limits as far as its container tells. */
export interface InspectedFile extends FoundFile {
  sha256: Buffer;
  contentType: ImageContentType;
  bytes: number;
  /** Milliseconds since 1970. */
  modifiedAt: number;
}

/** Something that is no picture to look at, and why. */
export interface FileFault {
  name: string;
  code: string;
  message: string;
}

/** What nobody takes for a picture, and a link that is not followed. */
export interface PassedOver {
  name: string;
  what: 'file' | 'link';
}

/**
 * Every file below a folder, in order of name, and what is hidden left out. A link to a file is that file, unless it is met
 * here anyway, so that no picture is a copy of itself; a link to a folder is not followed, since it may lead in circles or
 * anywhere. A folder that cannot be read is a fault, and the others go on.
 * @param linkFolder where a file whose name is not UTF-8 is linked to under a name that is.
 */
export async function* findFiles(
  folder: string,
  linkFolder: string,
): AsyncGenerator<FoundFile | FileFault | PassedOver> {
  let links = 0;
  const root = await realpath(folder);
  yield* below(Buffer.from(folder), '');

  async function* below(path: Buffer, name: string): AsyncGenerator<FoundFile | FileFault | PassedOver> {
    const entries = await entriesOf(path).catch((error: unknown) => unreadable(name, error, 'The folder'));
    if ('message' in entries) {
      yield entries;
      return;
    }
    for (const { bytes, kind } of entries) {
      const entryPath = Buffer.concat([path, Buffer.from('/'), bytes]);
      const text = bytes.toString();
      const entryName = name === '' ? text : `${name}/${text}`;
      const target = kind === 'link' ? await follow(entryPath, entryName) : null;
      if (kind === 'folder') yield* below(entryPath, entryName);
      else if (target) yield target;
      else if (Buffer.from(text).equals(bytes)) yield { path: entryPath.toString(), name: entryName };
      else {
        // Threads are told of files by text.
        const link = join(linkFolder, `name-${(links += 1)}`);
        await symlink(await realpath(entryPath, 'buffer'), link);
        yield { path: link, name: entryName };
      }
    }
  }

  /** Null where the link is a file to look at. */
  async function follow(path: Buffer, name: string): Promise<FileFault | PassedOver | null> {
    try {
      if (!(await stat(path)).isFile()) return { name, what: 'link' };
      const within = relative(root, await realpath(path)).split(sep);
      const isMetAnyway = within[0] !== '..' && !within.some((part) => part.startsWith('.'));
      return isMetAnyway ? { name, what: 'link' } : null;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return { name, code: 'unreadable', message: 'The link leads nowhere.' };
      return unreadable(name, error, 'The link');
    }
  }
}

interface Entry {
  bytes: Buffer;
  kind: 'folder' | 'file' | 'link';
}

async function entriesOf(path: Buffer): Promise<Entry[]> {
  const entries = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
  return entries
    .filter((entry) => entry.name[0] !== '.'.charCodeAt(0))
    .flatMap((entry) => {
      const kind = entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : entry.isSymbolicLink() ? 'link' : null;
      return kind === null ? [] : [{ bytes: entry.name, kind } as const];
    })
    .sort((a, b) => a.bytes.compare(b.bytes));
}

/** Reads a file once, without decoding it. What is no picture is passed over, unless its name says that it is one. */
export async function inspectFile(
  file: FoundFile,
  limits: PictureLimits,
): Promise<InspectedFile | FileFault | PassedOver> {
  try {
    const { sha256, contentType, bytes } = await inspectPath(file.path, limits);
    const { mtimeMs } = await stat(file.path);
    return { ...file, sha256: Buffer.from(sha256, 'hex'), contentType, bytes, modifiedAt: mtimeMs };
  } catch (error) {
    if (!(error instanceof PictureRejected)) return unreadable(file.name, error, 'The file');
    const { code, fact } = error;
    const isNoPicture = code === 'not_an_image' || code === 'empty';
    if (isNoPicture && !isNamedPicture(file.name)) return { name: file.name, what: 'file' };
    return { name: file.name, code, message: fact };
  }
}

/** @throws the error itself where it is none of the file system. */
function unreadable(name: string, error: unknown, what: string): FileFault {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return { name, code: 'unreadable', message: `${what} cannot be read (${code}).` };
}
