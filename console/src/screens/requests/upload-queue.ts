import { type FileProgress, uploadFiles } from '../../../../client/browser.js';
import { client } from '../../api.js';
import { askBeforeLeaving } from '../../ask-before-leaving.js';
import type { FoundFile } from './found-files.js';

export type FileState = 'waiting' | 'sending' | 'done' | 'refused' | 'failed';

export interface QueuedFile extends FoundFile {
  id: number;
  state: FileState;
  sentBytes: number;
  /** Why it was refused. */
  reason: string;
  /** What the call that it travelled in threw. */
  error?: unknown;
}

export interface UploadTally {
  files: readonly QueuedFile[];
  counts: Record<FileState, number>;
  bytes: number;
  bytesSent: number;
  /** Files that the request held already. */
  known: number;
}

/** Small enough that much is not sent again where a call fails, large enough that thousands of files are few calls. */
const CALLS = { filesPerCall: 20, bytesPerCall: 24_000_000, concurrency: 2, retries: 8 };
/** Files are told of many times a second; whoever looks needs less. */
const TELL_EVERY_MS = 100;

const states = { sending: 'sending', taken: 'done', refused: 'refused', failed: 'failed' } as const;

let lastId = 0;

/** Sends files to a request, and goes on while other screens are looked at. */
export class UploadQueue {
  readonly #requestId: string;
  readonly #onTaken: () => void;
  readonly #listeners = new Set<() => void>();
  #files: QueuedFile[] = [];
  #known = 0;
  #running = false;
  #timer: number | undefined;
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

  /** @param limit what is larger is refused here: it need not travel to be. */
  add(files: readonly FoundFile[], limit: { maxBytes: number; reason: string }): void {
    for (const file of files) {
      const tooLarge = file.bytes > limit.maxBytes;
      const state = tooLarge ? 'refused' : 'waiting';
      this.#files.push({ ...file, id: ++lastId, state, sentBytes: 0, reason: tooLarge ? limit.reason : '' });
    }
    this.#tell();
    void this.#run();
  }

  /** One file, or all that failed. */
  retry(id?: number): void {
    this.#change((file) => file.state === 'failed' && (id === undefined || file.id === id), {
      state: 'waiting',
      sentBytes: 0,
      error: undefined,
    });
    void this.#run();
  }

  /** Takes what is settled off the list. */
  clear(): void {
    this.#files = this.#files.filter(({ state }) => state === 'waiting' || state === 'sending');
    this.#known = 0;
    this.#tell();
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const leaveAlone = askBeforeLeaving();
    for (let waiting = this.#waiting(); waiting.length > 0; waiting = this.#waiting()) await this.#send(waiting);
    leaveAlone();
    this.#running = false;
  }

  #waiting = () => this.#files.filter(({ state }) => state === 'waiting');

  async #send(queued: readonly QueuedFile[]): Promise<void> {
    const ids = new Map(queued.map(({ id, source }) => [source, id]));
    let skipped = 0;
    try {
      await uploadFiles(
        client,
        this.#requestId,
        queued.map(({ source }) => source),
        {
          ...CALLS,
          onFile: (progress) => this.#follow(ids, progress),
          onProgress: (outcome) => {
            this.#known += outcome.skipped - skipped;
            skipped = outcome.skipped;
            this.#tellSoon();
            this.#onTaken();
          },
        },
      );
    } catch (error) {
      const sent = new Set(ids.values());
      const open = (file: QueuedFile) => sent.has(file.id) && !['done', 'refused'].includes(file.state);
      this.#change(open, { state: 'failed', error });
    }
  }

  #follow(ids: ReadonlyMap<unknown, number>, { source, state, sentBytes, message = '' }: FileProgress): void {
    const id = ids.get(source);
    const at = this.#files.findIndex((file) => file.id === id);
    const file = this.#files[at];
    if (file) this.#files[at] = { ...file, state: states[state], sentBytes, reason: message };
    this.#tellSoon();
  }

  #change(which: (file: QueuedFile) => boolean, changes: Partial<QueuedFile>): void {
    this.#files = this.#files.map((file) => (which(file) ? { ...file, ...changes } : file));
    this.#tell();
  }

  #tellSoon(): void {
    this.#timer ??= window.setTimeout(() => this.#tell(), TELL_EVERY_MS);
  }

  #tell(): void {
    window.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#tally = this.#count();
    for (const listener of this.#listeners) listener();
  }

  #count(): UploadTally {
    const counts = { waiting: 0, sending: 0, done: 0, refused: 0, failed: 0 };
    let bytes = 0;
    let bytesSent = 0;
    for (const { state, bytes: size, sentBytes } of this.#files) {
      counts[state] += 1;
      bytes += size;
      bytesSent += state === 'done' || state === 'refused' ? size : Math.min(sentBytes, size);
    }
    return { files: [...this.#files], counts, bytes, bytesSent, known: this.#known };
  }
}

const queues = new Map<string, UploadQueue>();

/** The one of a request. */
export function uploadQueue(requestId: string, onTaken: () => void): UploadQueue {
  const queue = queues.get(requestId) ?? new UploadQueue(requestId, onTaken);
  queues.set(requestId, queue);
  return queue;
}
