import type { Knex } from 'knex';
import { QcRun } from '../../../models/qc-run.js';
import { aiGeneratedScore } from './ai-generated-score.js';
import type { AnalysisRow } from './analyse-images.js';
import type { Match } from './match/matcher.js';

export interface FoundInImage {
  imageId: string;
  analysis: AnalysisRow;
  match: Match | null;
}

/**
 * Writes a batch of results over those of earlier runs, and the run's progress with them. Pictures deleted meanwhile,
 * be it the one looked at or the one it matched, are left out.
 */
export async function saveResults(
  db: Knex,
  run: Pick<QcRun, 'id' | 'requestId'>,
  found: readonly FoundInImage[],
  { countAsDone }: { countAsDone: boolean },
): Promise<void> {
  const rows = found.map(({ imageId, analysis, match }) => ({
    image_id: imageId,
    duplicate_score: match?.score ?? 0,
    match_relation: match?.relation ?? null,
    match_id: match?.id ?? null,
    ai_generated_score: aiGeneratedScore(analysis),
    findings: analysis.findings,
    error: analysis.error,
  }));
  await db.transaction(async (trx) => {
    await trx.raw(
      `insert into qc_results (image_id, request_id, run_id, duplicate_score, match_relation, matched_image_id,
                               reference_id, ai_generated_score, findings, error)
       select images.id, images.request_id, :runId, found.duplicate_score, found.match_relation, matched.id,
              reference.id, found.ai_generated_score, found.findings, found.error
       from jsonb_to_recordset(:rows) as found (image_id uuid, duplicate_score real, match_relation text, match_id uuid,
                                                ai_generated_score real, findings text[],
                                                error text)
       join images on images.id = found.image_id and images.request_id = :requestId
       left join images matched on matched.id = found.match_id
       left join reference_images reference on reference.id = found.match_id
       on conflict (image_id) do update set
         run_id = excluded.run_id, duplicate_score = excluded.duplicate_score,
         match_relation = excluded.match_relation, matched_image_id = excluded.matched_image_id,
         reference_id = excluded.reference_id, ai_generated_score = excluded.ai_generated_score,
         findings = excluded.findings, error = excluded.error, created_at = now()`,
      { runId: run.id, requestId: run.requestId, rows: JSON.stringify(rows) },
    );
    if (!countAsDone) return;
    const failed = found.filter(({ analysis }) => analysis.error !== null).length;
    await QcRun.query(trx)
      .findById(run.id)
      .patch({
        imagesDone: trx.raw('images_done + ?', [found.length]),
        imagesFailed: trx.raw('images_failed + ?', [failed]),
      });
  });
}
