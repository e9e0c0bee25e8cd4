import { createWriteStream, type WriteStream } from 'node:fs';
import { access, constants, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError } from './command.js';
import { shown } from './terminal.js';

/** Before work begins whose fruit would have nowhere to go. @throws {CliError} where no file can be written to. */
export async function checkOutput(path: string): Promise<void> {
  const folder = dirname(path);
  const [target, parent] = await Promise.all([path, folder].map((place) => stat(place).catch(() => null)));
  if (!parent?.isDirectory()) throw new CliError(`There is no folder ${shown(folder)} to write ${shown(path)} into.`);
  if (target?.isDirectory()) throw new CliError(`${shown(path)} is a folder: name a file.`);
  const isWritable = await access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable) throw new CliError(`You may not write into the folder ${shown(folder)}.`);
}

/** Has a file written that appears whole or not at all. */
export async function writeWhole(path: string, write: (file: WriteStream) => Promise<void>): Promise<void> {
  const partial = `${path}.${process.pid}.part`;
  const file = createWriteStream(partial, { flags: 'wx' });
  try {
    await write(file);
    await rename(partial, path);
  } catch (error) {
    file.destroy();
    await rm(partial, { force: true });
    throw error;
  }
}
