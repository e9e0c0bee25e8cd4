import type { Knex } from 'knex';
import { QcResult } from '../../../models/qc-result.js';
import { applyCursor } from '../../database/keyset.js';
import type { Settings } from '../settings/settings.js';

export interface ResultFilter {
  /** Only pictures that are a duplicate, AI-generated, either or neither, by these thresholds. */
  verdict?: 'duplicate' | 'ai_generated' | 'flagged' | 'clean' | undefined;
  thresholds: Settings;
  limit: number;
  cursor?: string | undefined;
}

/** A request's results with what each matched, oldest picture first: up to `limit + 1` rows, and how many in all. */
export async function listResults(db: Knex, requestId: string, filter: ResultFilter) {
  const { verdict, thresholds, limit, cursor } = filter;
  const duplicate = `(qc_results.duplicate_score >= :duplicate::real
                      and qc_results.match_relation is distinct from 'near_shot')`;
  const generated = 'qc_results.ai_generated_score >= :ai::real';
  const condition = {
    duplicate,
    ai_generated: generated,
    flagged: `(${duplicate} or ${generated})`,
    clean: `not (${duplicate} or ${generated})`,
  };
  const matching = QcResult.query(db)
    .where('qc_results.requestId', requestId)
    .modify((query) => {
      if (!verdict) return;
      void query.whereRaw(condition[verdict], {
        duplicate: thresholds.duplicate_threshold,
        ai: thresholds.ai_threshold,
      });
    });
  const page = matching
    .clone()
    .withGraphFetched('[image, matchedImage, reference]')
    .limit(limit + 1);
  applyCursor(page, cursor, 'qc_results.imageId', 'asc');
  const [rows, total] = await Promise.all([page, matching.resultSize()]);
  return { rows, total };
}

const UNDECODABLE_SHOWN = 100;

/** The first pictures of a request that could not be decoded, with the reason. */
export function listUndecodable(db: Knex, requestId: string): Promise<QcResult[]> {
  return QcResult.query(db)
    .where({ requestId })
    .whereNotNull('error')
    .withGraphFetched('image')
    .orderBy('imageId')
    .limit(UNDECODABLE_SHOWN)
    .execute();
}
