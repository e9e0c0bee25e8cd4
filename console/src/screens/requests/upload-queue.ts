import { client, failureOf, passes, waitOf } from '../../api.js';
import { uploadFiles } from '../../../../client/index.js';

export type FileState = 'waiting' | 'sending' | 'done' | 'refused' | 'failed';

export interface QueuedFile {
  id: number;
  file: File;
  /** With the folders that it came with. */
  path: string;
  state: FileState;
  /** Why it was refused, or what went wrong. */
  reason: string;
}

export interface UploadTally {
  files: readonly QueuedFile[];
  counts: Record<FileState, number>;
  bytes: number;
  bytesSettled: number;
  /** Files that the request held already. */
  known: number;
}

/** Small enough that progress is to be seen, large enough that thousands of files stay within the limit of calls. */
const FILES_PER_CALL = 20;
const BYTES_PER_CALL = 24_000_000;
const CALLS_AT_ONCE = 2;
const ATTEMPTS = 6;

let lastId = 0;

/** Sends files to a request, some at a time, and goes on while other screens are looked at. */
export class UploadQueue {
  readonly #requestId: string;
  readonly #listeners = new Set<() => void>();
  readonly #onTaken: () => void;
  #files: QueuedFile[] = [];
  #known = 0;
  #calls = 0;
  #tally: UploadTally;

  /** @param onTaken told when files have become pictures of the request. */
  constructor(requestId: string, onTaken: () => void) {
    this.#requestId = requestId;
    this.#onTaken = onTaken;
    this.#tally = this.#count();
  }

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly tally = () => this.#tally;

  /** @param maxBytes what is larger is refused here: it need not travel to be. */
  add(files: readonly { file: File; path: string }[], limit: { maxBytes: number; reason: string }): void {
    const queued = files.map(({ file, path }): QueuedFile => {
      const tooLarge = file.size > limit.maxBytes;
      return {
        id: ++lastId,
        file,
        path,
        state: tooLarge ? 'refused' : 'waiting',
        reason: tooLarge ? limit.reason : '',
      };
    });
    this.#files = [...this.#files, ...queued];
    this.#tell();
    this.#start();
  }

  /** One file, or all that failed. */
  retry(id?: number): void {
    this.#change((file) => file.state === 'failed' && (id === undefined || file.id === id), {
      state: 'waiting',
      reason: '',
    });
    this.#start();
  }

  /** Takes what is settled off the list. */
  clear(): void {
    this.#files = this.#files.filter(({ state }) => state === 'waiting' || state === 'sending');
    this.#known = 0;
    this.#tell();
  }

  #start(): void {
    while (this.#calls < CALLS_AT_ONCE) {
      const batch = this.#nextBatch();
      if (batch.length === 0) return;
      this.#calls += 1;
      void this.#send(batch).finally(() => {
        this.#calls -= 1;
        this.#start();
      });
    }
  }

  #nextBatch(): QueuedFile[] {
    const batch: QueuedFile[] = [];
    let bytes = 0;
    for (const file of this.#files) {
      if (file.state !== 'waiting') continue;
      if (batch.length === FILES_PER_CALL || (batch.length > 0 && bytes + file.file.size > BYTES_PER_CALL)) break;
      batch.push(file);
      bytes += file.file.size;
    }
    const ids = new Set(batch.map(({ id }) => id));
    if (ids.size > 0) this.#change(({ id }) => ids.has(id), { state: 'sending' });
    return batch;
  }

  async #send(batch: readonly QueuedFile[]): Promise<void> {
    const ids = new Set(batch.map(({ id }) => id));
    for (let attempt = 0; ; attempt++) {
      try {
        const sources = batch.map(({ file }) => file);
        const outcome = await uploadFiles(client, this.#requestId, sources, { filesPerCall: batch.length });
        this.#settle(batch, outcome);
        return;
      } catch (error) {
        if (!passes(error) || attempt + 1 === ATTEMPTS) {
          this.#change(({ id }) => ids.has(id), { state: 'failed', reason: failureOf(error).message });
          return;
        }
        await new Promise((resolve) => window.setTimeout(resolve, waitOf(error, attempt)));
      }
    }
  }

  #settle(batch: readonly QueuedFile[], outcome: Awaited<ReturnType<typeof uploadFiles>>): void {
    const reasons = new Map<number, string>();
    for (const { filename, message } of outcome.errors) {
      // Files of one name in several folders are told apart by their order, in which they are judged.
      const refused = batch.find(({ id, file }) => file.name === filename && !reasons.has(id));
      if (refused) reasons.set(refused.id, message);
    }
    const ids = new Set(batch.map(({ id }) => id));
    this.#known += outcome.skipped;
    this.#files = this.#files.map((file) => {
      if (!ids.has(file.id)) return file;
      const reason = reasons.get(file.id);
      return reason === undefined ? { ...file, state: 'done' } : { ...file, state: 'refused', reason };
    });
    this.#tell();
    if (outcome.uploaded > 0) this.#onTaken();
  }

  #change(which: (file: QueuedFile) => boolean, changes: Partial<QueuedFile>): void {
    this.#files = this.#files.map((file) => (which(file) ? { ...file, ...changes } : file));
    this.#tell();
  }

  #tell(): void {
    this.#tally = this.#count();
    for (const listener of this.#listeners) listener();
  }

  #count(): UploadTally {
    const counts = { waiting: 0, sending: 0, done: 0, refused: 0, failed: 0 };
    let bytes = 0;
    let bytesSettled = 0;
    for (const { state, file } of this.#files) {
      counts[state] += 1;
      bytes += file.size;
      if (state !== 'waiting' && state !== 'sending') bytesSettled += file.size;
    }
    return { files: this.#files, counts, bytes, bytesSettled, known: this.#known };
  }
}

const queues = new Map<string, UploadQueue>();

/** The one of a request. */
export function uploadQueue(requestId: string, onTaken: () => void): UploadQueue {
  const queue = queues.get(requestId) ?? new UploadQueue(requestId, onTaken);
  queues.set(requestId, queue);
  return queue;
}
