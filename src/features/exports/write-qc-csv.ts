import { flagsOf } from '../qc/flags.js';
import { type Columns, csvHead, csvRows, joinNames } from './csv.js';
import type { ExportSource } from './export-source.js';
import type { ExportedImage } from './exported-images.js';
import { matchShown } from './qc-match.js';

/** By it, spreadsheets know UTF-8. */
const BYTE_ORDER_MARK = '\ufeff';

const columnsFor = ({ thresholds, request }: ExportSource): Columns<ExportedImage> => ({
  image_id: ({ image }) => image.id,
  filename: ({ image }) => image.filename,
  width: ({ image }) => image.width,
  height: ({ image }) => image.height,
  size_bytes: ({ image }) => image.bytes,
  examined: ({ result }) => result !== undefined,
  duplicate_score: ({ result }) => result?.duplicateScore ?? null,
  relation: ({ result }) => result?.matchRelation ?? null,
  match_score: ({ result }) => result?.matchScore ?? null,
  transformation: ({ result }) => joinNames(result?.transformation ?? []),
  matched_image_id: ({ result }) => (result && matchShown(result, request).image?.id) ?? null,
  matched_filename: ({ result }) => (result && matchShown(result, request).image?.filename) ?? null,
  source_url: ({ result }) => (result && matchShown(result, request).sourceUrl) ?? null,
  ai_generated_score: ({ result }) => result?.aiGeneratedScore ?? null,
  flags: ({ result }) => (result ? joinNames(flagsOf(result, thresholds)) : null),
  decision: ({ image }) => image.duplicateDecision,
  error: ({ result }) => result?.error ?? null,
});

/** The QC report as CSV: a row an image, whether quality control has looked at it or not. */
export async function* writeQcCsv(source: ExportSource): AsyncGenerator<string> {
  const columns = columnsFor(source);
  yield BYTE_ORDER_MARK + csvHead(columns);
  for await (const page of source.pages()) {
    yield csvRows(columns, page);
    await source.progress.advance(page.length);
  }
}
