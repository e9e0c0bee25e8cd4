import { createReadStream } from 'node:fs';
import { type PictureFacts, PictureInspector } from './picture-inspector.js';
import type { PictureLimits } from './rejection.js';
import { nameUnrecognised, UnrecognisedFile } from './unrecognised.js';

/**
 * Reads a file of this machine once, without decoding it.
 * @throws {PictureRejected} for one that cannot be taken, and what the file system says.
 */
export async function inspectPath(path: string, limits: PictureLimits): Promise<PictureFacts> {
  try {
    const inspector = new PictureInspector(limits);
    for await (const chunk of createReadStream(path)) inspector.write(chunk as Buffer);
    return inspector.end();
  } catch (error) {
    throw error instanceof UnrecognisedFile ? await nameUnrecognised(error) : error;
  }
}
