import { flagsOf } from '../qc/flags.js';
import type { Settings } from '../settings/settings.js';
import type { ExportSource } from './export-source.js';
import type { ExportedImage } from './exported-images.js';

/** JSON Lines: a line an image, with its consensus and what each labeler said of it. */
export async function* writeJsonLines({ pages, progress, thresholds }: ExportSource): AsyncGenerator<string> {
  for await (const page of pages()) {
    yield page.map((exported) => `${JSON.stringify(describe(exported, thresholds))}\n`).join('');
    await progress.advance(page.length);
  }
}

function describe({ image, fileName, labels, consensus, result }: ExportedImage, thresholds: Settings) {
  return {
    image_id: image.id,
    file_name: fileName,
    original_filename: image.filename,
    content_type: image.contentType,
    size_bytes: image.bytes,
    sha256: image.sha256.toString('hex'),
    width: image.width,
    height: image.height,
    created_at: image.createdAt.toISOString(),
    labels: consensus.labels,
    tied: consensus.tied,
    // By id: who labels is none of the customer's business.
    annotations: labels.map(({ labelerId, classes, labeledAt, taskStatus }) => ({
      labeler_id: labelerId,
      labels: classes,
      labeled_at: labeledAt.toISOString(),
      task_status: taskStatus,
    })),
    decision: image.duplicateDecision,
    qc: result
      ? {
          duplicate_score: result.duplicateScore,
          ai_generated_score: result.aiGeneratedScore,
          relation: result.matchRelation,
          flags: flagsOf(result, thresholds),
          error: result.error,
        }
      : null,
  };
}
