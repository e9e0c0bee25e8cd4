import type { Knex } from 'knex';
import { QcRun } from '../../../models/qc-run.js';
import { aiGeneratedScore } from './ai-generated-score.js';
import type { AnalysisRow } from './analyse-images.js';
import { lockMatches } from './match/lock-matches.js';
import { saveMatches, type FoundMatch } from './match/save-matches.js';

export interface FoundInImage {
  imageId: string;
  analysis: AnalysisRow;
  /** The sequence number up to which it was compared with what is known; null where it has no hash. */
  scannedTo: number | null;
}

/**
 * Writes a batch of results over those of earlier runs, what they matched, and the run's progress with them. Pictures
 * deleted meanwhile, be it the one looked at or the one it matched, are left out.
 */
export async function saveResults(
  db: Knex,
  run: Pick<QcRun, 'id' | 'requestId'>,
  owner: { ownerId: string; analyserVersion: string },
  { found, matches }: { found: readonly FoundInImage[]; matches: readonly FoundMatch[] },
): Promise<void> {
  const rows = found.map(({ imageId, analysis, scannedTo }) => ({
    image_id: imageId,
    ai_generated_score: aiGeneratedScore(analysis),
    findings: analysis.findings,
    error: analysis.error,
    scanned_to: scannedTo,
  }));
  await db.transaction(async (trx) => {
    await lockMatches(trx, owner.ownerId);
    await trx.raw(
      `insert into qc_results (image_id, request_id, run_id, duplicate_score, ai_generated_score, findings, error,
                               analyser_version, scanned_to)
       select images.id, images.request_id, :runId, 0, found.ai_generated_score, found.findings, found.error,
              :analyserVersion, found.scanned_to
       from jsonb_to_recordset(:rows) as found (image_id uuid, ai_generated_score real, findings text[], error text,
                                                scanned_to bigint)
       join images on images.id = found.image_id and images.request_id = :requestId
       on conflict (image_id) do update set
         run_id = excluded.run_id, ai_generated_score = excluded.ai_generated_score, findings = excluded.findings,
         error = excluded.error, analyser_version = excluded.analyser_version, scanned_to = excluded.scanned_to,
         created_at = now()`,
      {
        runId: run.id,
        requestId: run.requestId,
        analyserVersion: owner.analyserVersion,
        rows: JSON.stringify(rows),
      },
    );
    await saveMatches(trx, owner, {
      matches,
      imageIds: found.map(({ imageId }) => imageId),
      sha256s: found.map(({ analysis }) => analysis.sha256),
    });
    const failed = found.filter(({ analysis }) => analysis.error !== null).length;
    await QcRun.query(trx)
      .findById(run.id)
      .patch({
        imagesDone: trx.raw('images_done + ?', [found.length]),
        imagesFailed: trx.raw('images_failed + ?', [failed]),
      });
  });
}
