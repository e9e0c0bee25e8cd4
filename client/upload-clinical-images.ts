import type { AssayClient, RouterInputs, RouterOutputs } from './create-client.js';
import { batches, formOf, refusals, type CallOptions, type UploadSource } from './upload-calls.js';

type UploadedImages = RouterOutputs['images']['upload'];
export type Stage = RouterInputs['images']['uploadWithStage']['stage'];

export interface ClinicalUploadOptions extends CallOptions {
  /** What each image is classified as on the caller's behalf; unset: they are only uploaded. */
  stage?: Stage;
  /** Told after each call. */
  onProgress?: (progress: { sent: number; total: number }) => void;
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
  sources: readonly UploadSource[],
  { stage, onProgress, ...options }: ClinicalUploadOptions = {},
): Promise<ClinicalUploadOutcome> {
  const images = new Map<string, UploadedImages['images'][number]>();
  const outcome: Omit<ClinicalUploadOutcome, 'images'> = { repeated: 0, errors: [] };
  let sent = 0;
  for await (const files of batches(sources, options)) {
    const answer = await uploadBatch(client, files, { stage, signal: options.signal });
    for (const image of answer.images) images.set(image.id, image);
    outcome.repeated += answer.repeated;
    outcome.errors.push(...answer.errors);
    sent += files.length;
    onProgress?.({ sent, total: sources.length });
  }
  return { ...outcome, images: [...images.values()] };
}

async function uploadBatch(
  { images }: Pick<AssayClient, 'images'>,
  files: readonly File[],
  { stage, signal }: { stage: Stage | undefined; signal: AbortSignal | undefined },
): Promise<ClinicalUploadOutcome> {
  // A form says the procedure's input in its text fields, which is more than its type can tell.
  const form: unknown = formOf(stage ? { stage } : {}, 'images', files);
  try {
    return stage
      ? await images.uploadWithStage.mutate(form as RouterInputs['images']['uploadWithStage'], { signal })
      : await images.upload.mutate(form as RouterInputs['images']['upload'], { signal });
  } catch (error) {
    return { images: [], repeated: 0, errors: refusals(error, 'images', files) };
  }
}
