import type { Knex } from 'knex';
import type { QcRun } from '../../../models/qc-run.js';
import { aiGeneratedScore } from './ai-generated-score.js';
import type { AnalysisRow } from './analyse-images.js';
import { saveMatches, type FoundMatch } from './match/save-matches.js';
import { markScanned } from './match/unscanned.js';

export interface FoundInImage {
  imageId: string;
  analysis: AnalysisRow;
  /** The sequence number up to which it was compared with what is known; null where it has no hash. */
  scannedTo: number | null;
}

/** What is to be written of a batch. */
export interface FoundInBatch {
  found: readonly FoundInImage[];
  matches: readonly FoundMatch[];
  /** The bytes that were looked at. */
  sha256s: Buffer[];
}

interface Owner {
  ownerId: string;
  analyserVersion: string;
}

/**
 * Writes a batch of results over those of earlier runs, what they matched, and the run's progress with them. Pictures
 * deleted meanwhile, be it the one looked at or the one it matched, are left out. To be called under the owner's lock.
 */
export async function saveResults(
  trx: Knex.Transaction,
  run: Pick<QcRun, 'id' | 'requestId'>,
  owner: Owner,
  { found, matches, sha256s }: FoundInBatch,
): Promise<void> {
  const rows = found.map(({ imageId, analysis, scannedTo }) => ({
    image_id: imageId,
    ai_generated_score: aiGeneratedScore(analysis),
    findings: analysis.findings,
    error: analysis.error,
    scanned_to: scannedTo,
  }));
  await trx.raw(
    `with written as (
       insert into qc_results (image_id, request_id, run_id, duplicate_score, ai_generated_score, findings, error,
                               analyser_version, scanned_to)
       select images.id, images.request_id, :runId, 0, found.ai_generated_score, found.findings, found.error,
              :analyserVersion, found.scanned_to
       from jsonb_to_recordset(:rows) as found (image_id uuid, ai_generated_score real, findings text[], error text,
                                                scanned_to bigint)
       join images on images.id = found.image_id and images.request_id = :requestId
       on conflict (image_id) do update set
         run_id = excluded.run_id, ai_generated_score = excluded.ai_generated_score, findings = excluded.findings,
         error = excluded.error, analyser_version = excluded.analyser_version, scanned_to = excluded.scanned_to,
         created_at = now()
       returning error
     )
     update qc_runs set
       images_done = images_done + (select count(*) from written),
       images_failed = images_failed + (select count(error) from written)
     where id = :runId`,
    {
      runId: run.id,
      requestId: run.requestId,
      analyserVersion: owner.analyserVersion,
      rows: JSON.stringify(rows),
    },
  );
  const scanned = found.filter(({ scannedTo }) => scannedTo !== null).map(({ analysis }) => analysis.sha256);
  await markScanned(trx, owner, scanned);
  const imageIds = found.map(({ imageId }) => imageId);
  await saveMatches(trx, owner, { matches, imageIds, sha256s });
}

/** Writes what pictures match that are in no run now. To be called under the owner's lock. */
export async function saveUploads(
  trx: Knex.Transaction,
  owner: Owner,
  { matches, sha256s }: FoundInBatch,
): Promise<void> {
  await markScanned(trx, owner, sha256s);
  await saveMatches(trx, owner, { matches, imageIds: [], sha256s });
}
