import type { AssayClient, RouterInputs, RouterOutputs } from './create-client.js';
import { putFiles } from './put-files.js';
import {
  callContext,
  type CallOptions,
  counted,
  formOf,
  type OpenedFile,
  refusals,
  sendBatches,
  type UploadSources,
} from './upload-calls.js';

export interface UploadOptions extends CallOptions {
  /**
   * `form`: through the service (default). `presigned`: straight to its storage, by addresses that it signs; the storage
   * has to let the page's origin in where a browser does this.
   */
  via?: 'form' | 'presigned' | undefined;
  /** Told after each call. */
  onProgress?: ((progress: UploadProgress) => void) | undefined;
}

export interface UploadProgress extends UploadOutcome {
  /** Files sent so far, whatever became of them. */
  sent: number;
  /** Files in all, as far as they are known. */
  total: number;
}

export type UploadOutcome = Omit<RouterOutputs['uploads']['upload'], 'request_id'>;

/**
 * Uploads any number of pictures to a request, call by call. Begun anew, it sends nothing into the request twice.
 * @returns what became of all of them; files that were refused are named in `errors`.
 * @throws {TRPCClientError} when a call fails as a whole; the calls before it keep their effect.
 */
export async function uploadFiles(
  client: Pick<AssayClient, 'uploads'>,
  requestId: string,
  sources: UploadSources,
  { onProgress, via = 'form', ...options }: UploadOptions = {},
): Promise<UploadOutcome> {
  const outcome: UploadOutcome = { uploaded: 0, skipped: 0, errors: [] };
  const known = Array.isArray(sources) ? sources.length : null;
  let sent = 0;
  let found = 0;
  const add = (files: number, { uploaded, skipped, errors }: UploadOutcome) => {
    outcome.uploaded += uploaded;
    outcome.skipped += skipped;
    outcome.errors.push(...errors);
    sent += files;
    onProgress?.({ ...outcome, sent, total: known ?? found });
  };
  const sendBatch = via === 'presigned' ? putFiles : sendForm;
  await sendBatches(
    counting(sources, () => (found += 1)),
    options,
    {
      send: (files, signal) => sendBatch(client, requestId, files, { ...options, signal }),
      onAnswer: add,
      onUnreadable: (refused) => add(1, { uploaded: 0, skipped: 0, errors: [refused] }),
    },
  );
  return outcome;
}

async function* counting<T>(sources: UploadSources<T>, count: () => void): AsyncGenerator<T> {
  for await (const source of sources) {
    count();
    yield source;
  }
}

async function sendForm(
  client: Pick<AssayClient, 'uploads'>,
  requestId: string,
  files: readonly OpenedFile[],
  { signal, onFile, retries }: CallOptions,
): Promise<UploadOutcome> {
  const { sent, onSent } = counted(files, onFile);
  const form = formOf({ request_id: requestId }, 'files', sent);
  try {
    return await client.uploads.upload.mutate(asInput(form), { signal, context: callContext(retries, onSent) });
  } catch (error) {
    return { uploaded: 0, skipped: 0, errors: refusals(error, 'files', sent) };
  }
}

/** A form says the procedure's input in its text fields, which is more than its type can tell. */
function asInput(form: FormData): RouterInputs['uploads']['upload'] {
  return form as unknown as RouterInputs['uploads']['upload'];
}
