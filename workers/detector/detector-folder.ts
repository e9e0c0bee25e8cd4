import { lstat, open, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** What is wrong with a detector's folder, in a sentence that names the file. */
export class DetectorFault extends Error {
  override name = 'DetectorFault';

  constructor(message: string, options?: ErrorOptions) {
    super(`Detector: ${message}`, options);
  }
}

const MIB = 1024 * 1024;
export const MOST_JSON = MIB;
export const MOST_MODEL = 512 * MIB;

/** The names in a detector's folder. @throws {DetectorFault} where it is none. */
export async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw new DetectorFault(`cannot read ${folder}.`, { cause: error });
  }
}

/**
 * A regular file of at most `most` bytes that lies in the folder, links followed.
 * @throws {DetectorFault} where it is missing, too large, no file, or a link out of the folder.
 */
export async function readWithin(folder: string, name: string, most: number): Promise<Buffer> {
  const path = join(folder, name);
  const [inside, real] = await Promise.all([realpath(folder), realpath(path)]).catch((error: unknown) => {
    throw new DetectorFault(`cannot read ${path}.`, { cause: error });
  });
  if (!real.startsWith(inside + sep)) throw new DetectorFault(`${path} is a link out of its folder.`);
  // Looked at before it is opened: opening a pipe would wait for who writes into it.
  if (!(await lstat(real)).isFile()) throw new DetectorFault(`${path} is not a file.`);
  const file = await open(real, 'r');
  try {
    const { size } = await file.stat();
    if (size > most) throw new DetectorFault(`${path} has ${size} bytes; at most ${most} are allowed.`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** @throws {DetectorFault} as `readWithin`, or where it is not JSON. */
export async function readJsonWithin(folder: string, name: string): Promise<unknown> {
  const text = (await readWithin(folder, name, MOST_JSON)).toString('utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DetectorFault(`${join(folder, name)} is not JSON.`, { cause: error });
  }
}
