import type { AssayClient, RouterOutputs } from './create-client.js';
import { HttpFault, withRetries } from './retry.js';
import { fetchReporting } from './send-with-progress.js';
import { callContext, type CallOptions, counted, type OpenedFile, refusals, type RefusedFile } from './upload-calls.js';
import type { UploadOutcome } from './upload-files.js';

type Slot = RouterOutputs['uploads']['presign']['uploads'][number];
type PictureType = 'image/jpeg' | 'image/png' | 'image/webp';

const TYPES: Record<string, PictureType> = { png: 'image/png', webp: 'image/webp' };
const PUTS_AT_A_TIME = 4;

/** Sends files straight to storage by signed addresses, then reports them, so that they become images. */
export async function putFiles(
  client: Pick<AssayClient, 'uploads'>,
  requestId: string,
  files: readonly OpenedFile[],
  options: CallOptions,
): Promise<UploadOutcome> {
  const { signal, retries } = options;
  const call = { signal, context: callContext(retries) };
  // Storage signs for a length, and nothing has none.
  const [empty, full] = [files.filter(({ file }) => file.size === 0), files.filter(({ file }) => file.size > 0)];
  const errors = empty.map(({ file }): RefusedFile => refused(file, 'empty', 'The file is empty.'));
  if (full.length === 0) return { uploaded: 0, skipped: 0, errors };
  const announced = full.map(({ file }) => ({
    filename: file.name,
    content_type: announcedType(file),
    size_bytes: file.size,
  }));
  const { uploads } = await client.uploads.presign.mutate({ request_id: requestId, files: announced }, call);

  const stored: { filename: string; key: string }[] = [];
  const queue = full.map((opened, at) => ({ opened, slot: uploads[at] })).values();
  const work = async () => {
    for (const { opened, slot } of queue) {
      if (!slot) throw new Error('The service signed fewer addresses than it was asked for.');
      const refusal = await putFile(opened, slot, options);
      if (refusal) errors.push(refusal);
      else stored.push({ filename: opened.file.name, key: slot.key });
    }
  };
  await Promise.all(Array.from({ length: PUTS_AT_A_TIME }, work));
  if (stored.length === 0) return { uploaded: 0, skipped: 0, errors };
  try {
    const answer = await client.uploads.complete.mutate({ request_id: requestId, uploaded: stored }, call);
    return { uploaded: answer.uploaded, skipped: answer.skipped, errors: [...errors, ...answer.errors] };
  } catch (error) {
    const named = stored.map(({ filename }) => ({ name: filename }));
    return { uploaded: 0, skipped: 0, errors: [...errors, ...refusals(error, 'files', named)] };
  }
}

const refused = ({ name: filename }: File, code: string, message: string): RefusedFile => ({ filename, code, message });

/** Storage wants one named; pictures are judged by their bytes. */
function announcedType({ name, type }: File): PictureType {
  const known = Object.values(TYPES).find((candidate) => candidate === type);
  return known ?? TYPES[name.slice(name.lastIndexOf('.') + 1).toLowerCase()] ?? 'image/jpeg';
}

/** @returns why storage refuses the file; null where it took it. @throws where it cannot be reached. */
async function putFile(
  opened: OpenedFile,
  { url, method, headers }: Slot,
  { signal, retries = 5, onFile }: CallOptions,
): Promise<RefusedFile | null> {
  const { sent, onSent } = counted([opened], onFile);
  const body = sent[0] ?? opened.file;
  const plain: typeof fetch = (input, init) => fetch(input, init);
  const put = onSent ? fetchReporting(onSent, plain) : plain;
  return withRetries(
    async () => {
      const response = await put(url, { method, headers, body, ...(signal && { signal }) });
      if (response.ok) return null;
      if (response.status === 429 || response.status >= 500) throw new HttpFault(response);
      return refused(
        opened.file,
        'refused',
        (await sentenceOf(response)) ?? `Storage refused it (${response.status}).`,
      );
    },
    { retries, signal },
  );
}

async function sentenceOf(response: Response): Promise<string | undefined> {
  try {
    const { message } = (await response.json()) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
