import { TRPCClientError } from '@trpc/client';
import type { AppRouter } from '../src/router.js';
import { CountedFile, tellsOfBodies } from './send-with-progress.js';

/** A picture that is opened when its turn comes, so that a folder of any size takes no memory. */
export interface DeferredFile {
  name: string;
  /** Its name with the folders that it came with. */
  path?: string;
  open: () => Promise<File>;
}

export type UploadSource = File | DeferredFile;

/** A list, or what finds files while others are being sent. */
export type UploadSources<Source = UploadSource> = Iterable<Source> | AsyncIterable<Source>;

/** A file that was not taken, and why. */
export interface RefusedFile {
  filename: string;
  code: string;
  message: string;
}

/** How far one file is. `taken`: it became an image, or was one already; `failed`: its call did, and may be made again. */
export interface FileProgress {
  source: UploadSource;
  filename: string;
  state: 'sending' | 'taken' | 'refused' | 'failed';
  sentBytes: number;
  bytes: number;
  /** Why it was refused. */
  message?: string;
}

export interface CallOptions {
  /** How much goes into one call at most; a file larger than `bytesPerCall` travels alone. Default 50, and 32 MiB. */
  filesPerCall?: number | undefined;
  bytesPerCall?: number | undefined;
  /** Calls at a time. Default 3. */
  concurrency?: number | undefined;
  /** How often a call is made again that met a busy service or no connection. Default 5. */
  retries?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Told of each file as it is sent, and of what became of it. */
  onFile?: ((progress: FileProgress) => void) | undefined;
}

export interface OpenedFile {
  source: UploadSource;
  file: File;
}

/** Minutes of a busy service are worth waiting for where thousands of files are to go. */
const LONGEST_WAIT_MS = 90_000;

/** What the calls of an upload are made with: repeating one changes nothing, equal bytes are kept once. */
export const callContext = (retries = 5, onSent?: (bytes: number) => void) => ({
  repeatable: true,
  retries,
  longestWait: LONGEST_WAIT_MS,
  ...(onSent && { onSent }),
});

/** How calls are made, and where what becomes of their files is gathered. */
export interface Sending<Answer extends { errors: RefusedFile[] }> {
  /** Makes one call. */
  send: (files: OpenedFile[], signal: AbortSignal) => Promise<Answer>;
  onAnswer: (files: number, answer: Answer) => void;
  /** Told of a file that cannot be opened; the others go on. */
  onUnreadable: (refused: RefusedFile) => void;
}

/**
 * Sends files batch by batch, some batches at a time, and tells of each what became of it. A batch holds each file name
 * once, since that is how a refusal names its file.
 * @throws what a call threw, once the others under way have ended.
 */
export async function sendBatches<Answer extends { errors: RefusedFile[] }>(
  sources: UploadSources,
  options: CallOptions,
  { send, onAnswer, onUnreadable }: Sending<Answer>,
): Promise<void> {
  const { onFile } = options;
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const waiting = batches(sources, options, (refused, source) => {
    const { filename, message } = refused;
    onFile?.({ source, filename, message, state: 'refused', sentBytes: 0, bytes: 0 });
    onUnreadable(refused);
  });
  const sendOne = async (files: OpenedFile[]) => {
    try {
      const answer = await send(files, signal);
      tellOutcome(files, answer.errors, onFile);
      onAnswer(files.length, answer);
    } catch (error) {
      tellFailure(files, onFile);
      throw error;
    }
  };
  const work = async () => {
    try {
      for await (const files of takeTurns(waiting)) {
        signal.throwIfAborted();
        await sendOne(files);
      }
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  };
  const settled = await Promise.allSettled(Array.from({ length: Math.max(1, options.concurrency ?? 3) }, work));
  await waiting.return(undefined);
  options.signal?.throwIfAborted();
  // The others were only stopped by the first.
  if (stop.signal.aborted) throw stop.signal.reason;
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Many may iterate over one generator; none of them ends it for the others. */
async function* takeTurns<T>(generator: AsyncGenerator<T, void>): AsyncGenerator<T> {
  for (;;) {
    const { done, value } = await generator.next();
    if (done) return;
    yield value;
  }
}

async function* batches(
  sources: UploadSources,
  { filesPerCall = 50, bytesPerCall = 32 * 1024 * 1024 }: CallOptions,
  onUnreadable: (refused: RefusedFile, source: UploadSource) => void,
): AsyncGenerator<OpenedFile[], void> {
  let batch: OpenedFile[] = [];
  let names = new Set<string>();
  let bytes = 0;
  for await (const source of sources) {
    const file = source instanceof Blob ? source : await source.open().catch((error: unknown) => asReason(error));
    if (typeof file === 'string') {
      onUnreadable(
        { filename: source.name, code: 'unreadable', message: `The file cannot be read (${file}).` },
        source,
      );
      continue;
    }
    const name = nameKey(file.name);
    if (batch.length > 0 && (batch.length >= filesPerCall || bytes + file.size > bytesPerCall || names.has(name))) {
      yield batch;
      [batch, names, bytes] = [[], new Set(), 0];
    }
    batch.push({ source, file });
    names.add(name);
    bytes += file.size;
  }
  if (batch.length > 0) yield batch;
}

function asReason(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  // Node's codes are words, a browser's are numbers.
  return String(typeof code === 'string' ? code : (message ?? error));
}

/** What names a file whatever the service made of its name. */
export const nameKey = (name: string) =>
  name
    .slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1)
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}.]/gu, '');

/** Files as they are to be sent, which tell how far they are. */
export function counted(
  files: readonly OpenedFile[],
  onFile: CallOptions['onFile'],
): { sent: File[]; onSent?: (bytes: number) => void } {
  if (!onFile) return { sent: files.map(({ file }) => file) };
  const tell = ({ source, file }: OpenedFile, sentBytes: number) =>
    onFile({ source, filename: file.name, state: 'sending', sentBytes, bytes: file.size });
  for (const file of files) tell(file, 0);
  if (!tellsOfBodies()) {
    return { sent: files.map((opened) => new CountedFile(opened.file, (bytes) => tell(opened, bytes))) };
  }
  const onSent = (bytes: number) => {
    let left = bytes;
    for (const opened of files) {
      const own = Math.min(left, opened.file.size);
      if (own > 0) tell(opened, own);
      left -= own;
      if (left <= 0) return;
    }
  };
  return { sent: files.map(({ file }) => file), onSent };
}

/** Tells of each file what became of it. */
function tellOutcome(
  files: readonly OpenedFile[],
  refused: readonly RefusedFile[],
  onFile: CallOptions['onFile'],
): void {
  if (!onFile) return;
  const reasons = new Map(refused.map(({ filename, message }) => [nameKey(filename), message]));
  for (const { source, file } of files) {
    const message = reasons.get(nameKey(file.name));
    const known = { source, filename: file.name, sentBytes: file.size, bytes: file.size };
    onFile(message === undefined ? { ...known, state: 'taken' } : { ...known, state: 'refused', message });
  }
}

/** Tells that the call failed, so that its files can be sent again. */
function tellFailure(files: readonly OpenedFile[], onFile: CallOptions['onFile']): void {
  for (const { source, file } of files) {
    onFile?.({ source, filename: file.name, state: 'failed', sentBytes: 0, bytes: file.size });
  }
}

/** The service authorises by the text fields before it reads the files, so they come first. */
export function formOf(texts: Record<string, string>, field: string, files: readonly File[]): FormData {
  const form = new FormData();
  for (const [name, text] of Object.entries(texts)) form.append(name, text);
  for (const file of files) {
    // The service leaves control characters out of names, but cannot read a form that has them in its headers.
    const name = file.name.replace(/\p{Cc}/gu, '');
    if (name === file.name) form.append(field, file);
    else form.append(field, file, name);
  }
  return form;
}

/**
 * The service refuses a call none of whose files it can take, naming the reason of each. Among many calls that is no
 * reason to stop.
 * @throws the error itself where it says anything else.
 */
export function refusals(error: unknown, field: string, files: readonly { name: string }[]): RefusedFile[] {
  if (!(error instanceof TRPCClientError)) throw error;
  const { data } = error as TRPCClientError<AppRouter>;
  const reasons = data?.errors?.[field];
  if (!data || !/^(invalid|too_large)$/.test(data.code) || reasons?.length !== files.length) throw error;
  return files.map(({ name: filename }, index) => {
    const reason = reasons[index] ?? data.message;
    const message = reason.startsWith(`${filename}: `) ? reason.slice(filename.length + 2) : reason;
    return { filename, code: data.code, message };
  });
}
