import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

let made = 0;

/**
 * A file from which whoever opens it never returns, within native code, where nothing stops him: a named pipe that
 * nobody writes to.
 */
export class NamedPipe {
  private constructor(readonly path: string) {}

  static async make(folder: string): Promise<NamedPipe> {
    const path = join(folder, `pipe-${(made += 1)}`);
    await promisify(execFile)('mkfifo', [path]);
    return new NamedPipe(path);
  }

  /** Lets everybody go who is in it: they find it empty. */
  async release(): Promise<void> {
    const writer = await open(this.path, constants.O_RDWR | constants.O_NONBLOCK);
    await writer.close();
  }
}
