import type { Knex } from 'knex';
import { DatasetExport } from '../../../models/dataset-export.js';

const TELL_EVERY_MS = 1000;

/** The export was deleted or has ended otherwise: nobody waits for it any longer. */
export class ExportNotWanted extends Error {
  override name = 'ExportNotWanted';
}

/** How far an export has come: told to the database once a second, which tells in turn whether it is still wanted. */
export class ExportProgress {
  readonly #db: Knex;
  readonly #exportId: string;
  readonly #shutdown: AbortSignal;
  #done = 0;
  #missing = 0;
  #toldAt = performance.now();

  constructor(db: Knex, { exportId, shutdown }: { exportId: string; shutdown: AbortSignal }) {
    this.#db = db;
    this.#exportId = exportId;
    this.#shutdown = shutdown;
  }

  get counts() {
    return { imagesDone: this.#done, imagesMissing: this.#missing };
  }

  /** @throws when the process is to stop, and {@link ExportNotWanted}. */
  async advance(images: number): Promise<void> {
    this.#shutdown.throwIfAborted();
    this.#done += images;
    if (performance.now() - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = performance.now();
    const wanted = await DatasetExport.query(this.#db)
      .findById(this.#exportId)
      .where('status', 'running')
      .patch(this.counts);
    if (wanted === 0) throw new ExportNotWanted();
  }

  /** An image whose file is not in storage. */
  miss(): void {
    this.#missing += 1;
  }
}
