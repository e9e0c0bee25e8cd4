import { TRPCClientError } from '@trpc/client';
import type { AppRouter } from '../src/router.js';
import type { AssayClient, RouterInputs, RouterOutputs } from './create-client.js';

/** A picture on disk by its path (Node only: it is streamed, never held in memory), or one in hand. */
export type UploadSource = string | File;

export interface UploadOptions {
  /** How much goes into one call at most; a file larger than `bytesPerCall` travels alone. */
  filesPerCall?: number;
  bytesPerCall?: number;
  /** Told after each call. */
  onProgress?: (progress: UploadProgress) => void;
  signal?: AbortSignal;
}

export interface UploadProgress extends UploadOutcome {
  /** Files sent so far, whatever became of them. */
  sent: number;
  /** Files in all. */
  total: number;
}

export type UploadOutcome = Omit<RouterOutputs['uploads']['upload'], 'request_id'>;

/**
 * Uploads any number of pictures to a request, call by call.
 * @returns what became of all of them; files that were refused are named in `errors`.
 * @throws {TRPCClientError} when a call fails as a whole; the calls before it keep their effect.
 */
export async function uploadFiles(
  client: Pick<AssayClient, 'uploads'>,
  requestId: string,
  sources: readonly UploadSource[],
  { filesPerCall = 100, bytesPerCall = 128 * 1024 * 1024, onProgress, signal }: UploadOptions = {},
): Promise<UploadOutcome> {
  const outcome: UploadOutcome = { uploaded: 0, skipped: 0, errors: [] };
  let sent = 0;
  for await (const files of batches(sources, filesPerCall, bytesPerCall)) {
    const { uploaded, skipped, errors } = await uploadBatch(client, requestId, files, signal);
    outcome.uploaded += uploaded;
    outcome.skipped += skipped;
    outcome.errors.push(...errors);
    sent += files.length;
    onProgress?.({ ...outcome, sent, total: sources.length });
  }
  return outcome;
}

async function* batches(sources: readonly UploadSource[], maxFiles: number, maxBytes: number): AsyncGenerator<File[]> {
  let batch: File[] = [];
  let bytes = 0;
  for (const source of sources) {
    const file = typeof source === 'string' ? await openFile(source) : source;
    if (batch.length > 0 && (batch.length >= maxFiles || bytes + file.size > maxBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += file.size;
  }
  if (batch.length > 0) yield batch;
}

async function openFile(path: string): Promise<File> {
  const { openAsBlob } = await import('node:fs');
  const { default: nodePath } = await import('node:path');
  return new File([await openAsBlob(path)], nodePath.basename(path));
}

async function uploadBatch(
  client: Pick<AssayClient, 'uploads'>,
  requestId: string,
  files: readonly File[],
  signal: AbortSignal | undefined,
): Promise<UploadOutcome> {
  // The service authorises by the fields before it reads the files, so they come first.
  const form = new FormData();
  form.append('request_id', requestId);
  for (const file of files) form.append('files', file);
  try {
    return await client.uploads.upload.mutate(asInput(form), { signal });
  } catch (error) {
    return { uploaded: 0, skipped: 0, errors: refusals(error, files) };
  }
}

/** A form says the procedure's input in its text fields, which is more than its type can tell. */
function asInput(form: FormData): RouterInputs['uploads']['upload'] {
  return form as unknown as RouterInputs['uploads']['upload'];
}

/**
 * The service refuses a call none of whose files is a picture, naming the reason of each. Among many calls that is no
 * reason to stop.
 */
function refusals(error: unknown, files: readonly File[]): UploadOutcome['errors'] {
  if (!(error instanceof TRPCClientError)) throw error;
  const { data } = error as TRPCClientError<AppRouter>;
  const reasons = data?.errors?.files;
  if (data?.code !== 'invalid' || reasons?.length !== files.length) throw error;
  return files.map(({ name: filename }, index) => {
    const reason = reasons[index] ?? data.message;
    const message = reason.startsWith(`${filename}: `) ? reason.slice(filename.length + 2) : reason;
    return { filename, code: data.code, message };
  });
}
