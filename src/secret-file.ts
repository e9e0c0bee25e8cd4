import { randomUUID } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';

/**
 * The text of a file that only its owner may read, made by `make` where it is missing. Of processes that come at once
 * one makes it and all read the same; a killed one leaves no half-written file.
 */
export async function createOnce(path: string, make: () => string): Promise<string> {
  const draft = `${path}.${randomUUID()}`;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  try {
    const file = await open(draft, 'wx', 0o600);
    await file.writeFile(make());
    await file.sync();
    await file.close();
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(path, 'utf8');
}
