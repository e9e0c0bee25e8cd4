import { opendir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { UploadLimits } from '../../../config.js';
import { inspectPath } from '../../uploads/inspection/inspect-path.js';
import type { PictureFacts } from '../../uploads/inspection/picture-inspector.js';
import { PictureRejected } from '../../uploads/inspection/rejection.js';
import type { Fault } from './entry.js';

/** A picture in a folder, whole and within limits as far as its container tells. */
export interface FoundPicture {
  path: string;
  /** Within the folder, with slashes. */
  name: string;
  sha256: Buffer;
  contentType: PictureFacts['contentType'];
}

/** Every file below a folder, in no certain order. Links are not followed, and hidden files are no pictures. */
export async function* filesBelow(folder: string): AsyncGenerator<{ path: string; name: string }> {
  for await (const entry of await opendir(folder, { recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join('/');
    const hidden = name.split('/').some((part) => part.startsWith('.'));
    if (entry.isFile() && !hidden) yield { path, name };
  }
}

/** Reads a file once, without decoding it. @returns what is wrong with it, where something is. */
export async function inspectFile(
  { path, name }: { path: string; name: string },
  limits: UploadLimits,
): Promise<FoundPicture | Fault> {
  try {
    const { sha256, contentType } = await inspectPath(path, limits);
    return { path, name, sha256: Buffer.from(sha256, 'hex'), contentType };
  } catch (error) {
    if (error instanceof PictureRejected) return { at: name, message: error.message };
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return { at: name, message: `The file cannot be read (${code}).` };
  }
}

export const isFolder = async (path: string) => (await stat(path)).isDirectory();
