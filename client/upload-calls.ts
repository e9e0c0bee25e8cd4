import { TRPCClientError } from '@trpc/client';
import type { AppRouter } from '../src/router.js';

/** A picture on disk by its path (Node only: it is streamed, never held in memory), or one in hand. */
export type UploadSource = string | File;

/** A file that was not taken, and why. */
export interface RefusedFile {
  filename: string;
  code: string;
  message: string;
}

export interface CallOptions {
  /** How much goes into one call at most; a file larger than `bytesPerCall` travels alone. */
  filesPerCall?: number;
  bytesPerCall?: number;
  signal?: AbortSignal;
}

/** Opens files and puts them together as they are to travel. */
export async function* batches(
  sources: readonly UploadSource[],
  { filesPerCall = 100, bytesPerCall = 128 * 1024 * 1024 }: CallOptions,
): AsyncGenerator<File[]> {
  let batch: File[] = [];
  let bytes = 0;
  for (const source of sources) {
    const file = typeof source === 'string' ? await openFile(source) : source;
    if (batch.length > 0 && (batch.length >= filesPerCall || bytes + file.size > bytesPerCall)) {
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

/** The service authorises by the text fields before it reads the files, so they come first. */
export function formOf(texts: Record<string, string>, field: string, files: readonly File[]): FormData {
  const form = new FormData();
  for (const [name, text] of Object.entries(texts)) form.append(name, text);
  for (const file of files) form.append(field, file);
  return form;
}

/**
 * The service refuses a call none of whose files is a picture, naming the reason of each. Among many calls that is no
 * reason to stop.
 * @throws the error itself where it says anything else.
 */
export function refusals(error: unknown, field: string, files: readonly File[]): RefusedFile[] {
  if (!(error instanceof TRPCClientError)) throw error;
  const { data } = error as TRPCClientError<AppRouter>;
  const reasons = data?.errors?.[field];
  if (data?.code !== 'invalid' || reasons?.length !== files.length) throw error;
  return files.map(({ name: filename }, index) => {
    const reason = reasons[index] ?? data.message;
    const message = reason.startsWith(`${filename}: `) ? reason.slice(filename.length + 2) : reason;
    return { filename, code: data.code, message };
  });
}
