import type { ExportSource } from './export-source.js';
import type { ExportedImage } from './exported-images.js';
import { Spool } from './spool.js';
import { pictureEntries, zip, type ZipEntry } from './zip-pictures.js';

/**
 * Hugging Face `imagefolder`: a ZIP with the pictures and a `metadata.jsonl` that has a line for each of them. It comes
 * last, so that it names none that is not there, and waits for its turn on disk.
 *
 * https://huggingface.co/docs/datasets/image_dataset#imagefolder
 */
export async function* writeHuggingFace(source: ExportSource): AsyncGenerator<Uint8Array> {
  const metadata = await Spool.open();
  try {
    yield* zip(entries(source, metadata));
  } finally {
    await metadata.remove();
  }
}

async function* entries(source: ExportSource, metadata: Spool): AsyncGenerator<ZipEntry> {
  const nameOf = ({ fileName }: ExportedImage) => `images/${fileName}`;
  yield* pictureEntries(source, nameOf, (exported, name) =>
    metadata.append(`${JSON.stringify(describe(exported, name))}\n`),
  );
  yield { name: 'metadata.jsonl', lastModified: source.order.createdAt, input: metadata.read() };
}

/** Every line has the same columns of the same types: they become the features of the data set. */
const describe = ({ image, consensus, result }: ExportedImage, name: string) => ({
  file_name: name,
  image_id: image.id,
  original_filename: image.filename,
  label: consensus.labels.length === 1 ? consensus.labels[0] : null,
  labels: consensus.labels,
  tied: consensus.tied,
  labelers: consensus.labelers,
  rejected: image.duplicateDecision === 'reject',
  duplicate_score: result?.duplicateScore ?? null,
  ai_generated_score: result?.aiGeneratedScore ?? null,
});
