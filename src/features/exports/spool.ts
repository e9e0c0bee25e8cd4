import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Text that is written bit by bit and read once all of it is there: in a temporary file, however long it gets. */
export class Spool {
  readonly #folder: string;
  readonly #file: FileHandle;

  private constructor(folder: string, file: FileHandle) {
    this.#folder = folder;
    this.#file = file;
  }

  static async open(): Promise<Spool> {
    const folder = await mkdtemp(join(tmpdir(), 'assay-export-'));
    return new Spool(folder, await open(join(folder, 'spool'), 'w+', 0o600));
  }

  async append(text: string): Promise<void> {
    if (text !== '') await this.#file.appendFile(text);
  }

  /** From the beginning. */
  read(): AsyncIterable<Buffer> {
    return this.#file.createReadStream({ start: 0, autoClose: false });
  }

  async remove(): Promise<void> {
    await this.#file.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
