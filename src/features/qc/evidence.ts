import type { Knex } from 'knex';
import { ImageAnalysis } from '../../../models/image-analysis.js';
import type { QcResult } from '../../../models/qc-result.js';

/** What a result's AI score was made of. */
export type AiEvidence = Pick<ImageAnalysis, 'analyserVersion' | 'detectorScore' | 'provenance'>;

/**
 * By image id, for results with their image: from the analysis that each was made of. Those whose analysis is not kept,
 * since it was not only the bytes that decided it, have none.
 */
export async function readEvidence(db: Knex, results: readonly QcResult[]): Promise<Map<string, AiEvidence>> {
  const analyses = await ImageAnalysis.query(db)
    .whereIn('sha256', [...new Set(results.flatMap(({ image }) => image?.sha256 ?? []))])
    .whereIn('analyserVersion', [...new Set(results.flatMap(({ analyserVersion }) => analyserVersion ?? []))])
    .select('sha256', 'analyserVersion', 'detectorScore', 'provenance');
  const keyOf = (sha256: Buffer | undefined, version: string | null) => `${version} ${sha256?.toString('hex')}`;
  const byKey = new Map(analyses.map((row) => [keyOf(row.sha256, row.analyserVersion), row]));
  return new Map(
    results.flatMap(({ imageId, image, analyserVersion }) => {
      const analysis = byKey.get(keyOf(image?.sha256, analyserVersion));
      return analysis ? [[imageId, analysis]] : [];
    }),
  );
}
