import type { AssayClient, RouterInputs, RouterOutputs } from './create-client.js';
import { batches, formOf, refusals, type CallOptions, type UploadSource } from './upload-calls.js';

export interface UploadOptions extends CallOptions {
  /** Told after each call. */
  onProgress?: (progress: UploadProgress) => void;
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
  { onProgress, ...options }: UploadOptions = {},
): Promise<UploadOutcome> {
  const outcome: UploadOutcome = { uploaded: 0, skipped: 0, errors: [] };
  let sent = 0;
  for await (const files of batches(sources, options)) {
    const { uploaded, skipped, errors } = await uploadBatch(client, requestId, files, options.signal);
    outcome.uploaded += uploaded;
    outcome.skipped += skipped;
    outcome.errors.push(...errors);
    sent += files.length;
    onProgress?.({ ...outcome, sent, total: sources.length });
  }
  return outcome;
}

async function uploadBatch(
  client: Pick<AssayClient, 'uploads'>,
  requestId: string,
  files: readonly File[],
  signal: AbortSignal | undefined,
): Promise<UploadOutcome> {
  const form = formOf({ request_id: requestId }, 'files', files);
  try {
    return await client.uploads.upload.mutate(asInput(form), { signal });
  } catch (error) {
    return { uploaded: 0, skipped: 0, errors: refusals(error, 'files', files) };
  }
}

/** A form says the procedure's input in its text fields, which is more than its type can tell. */
function asInput(form: FormData): RouterInputs['uploads']['upload'] {
  return form as unknown as RouterInputs['uploads']['upload'];
}
