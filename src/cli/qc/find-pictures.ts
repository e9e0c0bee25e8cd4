import { createReadStream } from 'node:fs';
import { readdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageContentType } from '../../../workers/analysis.js';
import { PictureInspector } from '../../features/uploads/inspection/picture-inspector.js';
import { type PictureLimits, PictureRejected } from '../../features/uploads/inspection/rejection.js';
import { nameUnrecognised, UnrecognisedFile } from '../../features/uploads/inspection/unrecognised.js';

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

/**
 * Every file below a folder, in order of name. Links are not followed, and what is hidden is left out. A folder that
 * cannot be read is a fault, and the others go on.
 * @param linkFolder where a file whose name is not UTF-8 is linked to under a name that is.
 */
export async function* findFiles(folder: string, linkFolder: string): AsyncGenerator<FoundFile | FileFault> {
  let links = 0;
  yield* below(Buffer.from(folder), '');

  async function* below(path: Buffer, name: string): AsyncGenerator<FoundFile | FileFault> {
    const entries = await entriesOf(path).catch((error: unknown) => unreadable(name, error, 'The folder'));
    if ('message' in entries) {
      yield entries;
      return;
    }
    for (const { bytes, isFolder } of entries) {
      const entryPath = Buffer.concat([path, Buffer.from('/'), bytes]);
      const text = bytes.toString();
      const entryName = name === '' ? text : `${name}/${text}`;
      if (isFolder) yield* below(entryPath, entryName);
      else if (Buffer.from(text).equals(bytes)) yield { path: entryPath.toString(), name: entryName };
      else {
        // Threads are told of files by text.
        const link = join(linkFolder, `name-${(links += 1)}`);
        await symlink(entryPath, link);
        yield { path: link, name: entryName };
      }
    }
  }
}

async function entriesOf(path: Buffer): Promise<{ bytes: Buffer; isFolder: boolean }[]> {
  const entries = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
  return entries
    .filter((entry) => (entry.isFile() || entry.isDirectory()) && entry.name[0] !== '.'.charCodeAt(0))
    .map((entry) => ({ bytes: entry.name, isFolder: entry.isDirectory() }))
    .sort((a, b) => a.bytes.compare(b.bytes));
}

/** Reads a file once, without decoding it. */
export async function inspectFile(file: FoundFile, limits: PictureLimits): Promise<InspectedFile | FileFault> {
  try {
    const inspector = new PictureInspector(limits);
    for await (const chunk of createReadStream(file.path)) inspector.write(chunk as Buffer);
    const { sha256, contentType, bytes } = inspector.end();
    const { mtimeMs } = await stat(file.path);
    return { ...file, sha256: Buffer.from(sha256, 'hex'), contentType, bytes, modifiedAt: mtimeMs };
  } catch (error) {
    const verdict = error instanceof UnrecognisedFile ? await nameUnrecognised(error) : error;
    if (verdict instanceof PictureRejected) return { name: file.name, code: verdict.code, message: verdict.message };
    return unreadable(file.name, error, 'The file');
  }
}

/** @throws the error itself where it is none of the file system. */
function unreadable(name: string, error: unknown, what: string): FileFault {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return { name, code: 'unreadable', message: `${what} cannot be read (${code}).` };
}
