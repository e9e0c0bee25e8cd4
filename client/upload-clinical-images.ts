import type { AssayClient, RouterInputs, RouterOutputs } from './create-client.js';
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

type UploadedImages = RouterOutputs['images']['upload'];
export type Stage = RouterInputs['images']['uploadWithStage']['stage'];

export interface ClinicalUploadOptions extends CallOptions {
  /** What each image is classified as on the caller's behalf; unset: they are only uploaded. */
  stage?: Stage | undefined;
  /** Told after each call. */
  onProgress?: ((progress: { sent: number; total: number }) => void) | undefined;
}

/** `images`: those the files stand for, new or there already; `repeated`: files that brought nothing new. */
export type ClinicalUploadOutcome = Pick<UploadedImages, 'images' | 'repeated' | 'errors'>;

/**
 * Uploads any number of clinical images, call by call.
 * @returns what became of all of them; files that were refused are named in `errors`.
 * @throws {TRPCClientError} when a call fails as a whole; the calls before it keep their effect.
 */
export async function uploadClinicalImages(
  client: Pick<AssayClient, 'images'>,
  sources: UploadSources,
  { stage, onProgress, ...options }: ClinicalUploadOptions = {},
): Promise<ClinicalUploadOutcome> {
  const images = new Map<string, UploadedImages['images'][number]>();
  const outcome: Omit<ClinicalUploadOutcome, 'images'> = { repeated: 0, errors: [] };
  let sent = 0;
  const add = (files: number) => {
    sent += files;
    onProgress?.({ sent, total: Array.isArray(sources) ? sources.length : sent });
  };
  await sendBatches(sources, options, {
    send: (files, signal) => sendForm(client, files, { ...options, stage, signal }),
    onAnswer: (files, answer) => {
      for (const image of answer.images) images.set(image.id, image);
      outcome.repeated += answer.repeated;
      outcome.errors.push(...answer.errors);
      add(files);
    },
    onUnreadable: (refused) => {
      outcome.errors.push(refused);
      add(1);
    },
  });
  return { ...outcome, images: [...images.values()] };
}

async function sendForm(
  { images }: Pick<AssayClient, 'images'>,
  files: readonly OpenedFile[],
  { stage, signal, onFile, retries }: ClinicalUploadOptions,
): Promise<ClinicalUploadOutcome> {
  const { sent, onSent } = counted(files, onFile);
  // A form says the procedure's input in its text fields, which is more than its type can tell.
  const form: unknown = formOf(stage ? { stage } : {}, 'images', sent);
  const call = { signal, context: callContext(retries, onSent) };
  try {
    return stage
      ? await images.uploadWithStage.mutate(form as RouterInputs['images']['uploadWithStage'], call)
      : await images.upload.mutate(form as RouterInputs['images']['upload'], call);
  } catch (error) {
    return { images: [], repeated: 0, errors: refusals(error, 'images', sent) };
  }
}
