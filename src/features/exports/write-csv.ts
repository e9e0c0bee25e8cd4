import { flagsOf } from '../qc/flags.js';
import type { Settings } from '../settings/settings.js';
import { type Columns, csvHead, csvRows, joinNames } from './csv.js';
import type { ExportSource } from './export-source.js';
import type { ExportedImage } from './exported-images.js';

const columnsFor = (thresholds: Settings): Columns<ExportedImage> => ({
  image_id: ({ image }) => image.id,
  file_name: ({ fileName }) => fileName,
  original_filename: ({ image }) => image.filename,
  content_type: ({ image }) => image.contentType,
  size_bytes: ({ image }) => image.bytes,
  sha256: ({ image }) => image.sha256.toString('hex'),
  width: ({ image }) => image.width,
  height: ({ image }) => image.height,
  created_at: ({ image }) => image.createdAt.toISOString(),
  labels: ({ consensus }) => joinNames(consensus.labels),
  tied: ({ consensus }) => joinNames(consensus.tied),
  labelers: ({ consensus }) => consensus.labelers,
  decision: ({ image }) => image.duplicateDecision,
  duplicate_score: ({ result }) => result?.duplicateScore ?? null,
  ai_generated_score: ({ result }) => result?.aiGeneratedScore ?? null,
  flags: ({ result }) => (result ? joinNames(flagsOf(result, thresholds)) : null),
});

/** CSV (RFC 4180): a row an image. */
export async function* writeCsv({ pages, progress, thresholds }: ExportSource): AsyncGenerator<string> {
  const columns = columnsFor(thresholds);
  yield csvHead(columns);
  for await (const page of pages()) {
    yield csvRows(columns, page);
    await progress.advance(page.length);
  }
}
