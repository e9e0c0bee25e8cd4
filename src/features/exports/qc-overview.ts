import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import type { DatasetRequest } from '../../../models/dataset-request.js';
import { Image } from '../../../models/image.js';
import { QcResult } from '../../../models/qc-result.js';
import type { Settings } from '../settings/settings.js';

/** Pictures that a printed report shows. */
export const MAX_SHOWN = 500;

export interface QcOverview {
  images: number;
  examined: number;
  undecodable: number;
  exact: number;
  nearDuplicates: number;
  nearShots: number;
  aiGenerated: number;
  rejected: number;
  /** How many pictures are flagged, and of these the worst, with what each matched. */
  flagged: number;
  worst: QcResult[];
  /** Images by score, in tenths from 0 to 1. */
  duplicateScores: number[];
  aiGeneratedScores: number[];
}

interface Scope {
  request: DatasetRequest;
  thresholds: Settings;
  includeRejected: boolean;
}

/** What quality control found in a request as a whole. */
export async function qcOverview(db: Knex, scope: Scope): Promise<QcOverview> {
  const { request, includeRejected } = scope;
  const images = Image.query(db).where('requestId', request.id);
  if (!includeRejected) void images.modify('accepted');
  const { rows } = await db.raw<{ rows: Omit<QcOverview, 'images' | 'worst' | 'rejected' | 'scores'>[] }>(COUNTS, {
    requestId: request.id,
    includeRejected,
    ...bounds(scope),
  });
  const [counts] = rows;
  if (!counts) throw new Error('A count without a row');
  return {
    ...counts,
    images: await images.resultSize(),
    rejected: await Image.query(db).where({ requestId: request.id, duplicateDecision: 'reject' }).resultSize(),
    worst: await worstOf(db, scope),
    duplicateScores: await tenths(db, scope, 'duplicate_score'),
    aiGeneratedScores: await tenths(db, scope, 'ai_generated_score'),
  };
}

const bounds = ({ thresholds }: Scope) => ({
  duplicate: thresholds.duplicate_threshold,
  ai: thresholds.ai_threshold,
});

const DUPLICATE = `(r.match_relation = 'exact'
  or (r.duplicate_score >= cast(:duplicate as real) and r.match_relation is distinct from 'near_shot'))`;
const GENERATED = 'r.ai_generated_score >= cast(:ai as real)';
const FLAGGED = `(${DUPLICATE} or ${GENERATED} or r.error is not null)`;
const OF_REQUEST = `from qc_results r join images i on i.id = r.image_id
  where r.request_id = :requestId and (:includeRejected or i.duplicate_decision is distinct from 'reject')`;

const COUNTS = `
  select count(*) as examined,
    count(*) filter (where r.error is not null) as undecodable,
    count(*) filter (where r.match_relation = 'exact') as exact,
    count(*) filter (where ${DUPLICATE} and r.match_relation is distinct from 'exact') as "nearDuplicates",
    count(*) filter (where r.match_relation = 'near_shot') as "nearShots",
    count(*) filter (where ${GENERATED}) as "aiGenerated",
    count(*) filter (where ${FLAGGED}) as flagged
  ${OF_REQUEST}`;

async function tenths(db: Knex, scope: Scope, score: 'duplicate_score' | 'ai_generated_score'): Promise<number[]> {
  const { rows } = await db.raw<{ rows: { tenth: number; images: number }[] }>(
    `select least(9, floor(r.${score} * 10))::int as tenth, count(*) as images ${OF_REQUEST} group by 1`,
    { requestId: scope.request.id, includeRejected: scope.includeRejected },
  );
  const images = new Map(rows.map((row) => [row.tenth, row.images]));
  return Array.from({ length: 10 }, (_, tenth) => images.get(tenth) ?? 0);
}

async function worstOf(db: Knex, scope: Scope): Promise<QcResult[]> {
  const { rows } = await db.raw<{ rows: { imageId: string }[] }>(
    `select r.image_id as "imageId" ${OF_REQUEST} and ${FLAGGED}
     order by greatest(case when ${DUPLICATE} then r.duplicate_score else 0 end, r.ai_generated_score) desc, r.image_id
     limit ${MAX_SHOWN}`,
    { requestId: scope.request.id, includeRejected: scope.includeRejected, ...bounds(scope) },
  );
  const ids = rows.map(({ imageId }) => imageId);
  const results = await withMatches(QcResult.query(db).findByIds(ids));
  const byId = new Map(results.map((result) => [result.imageId, result]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

const withMatches = (results: QueryBuilder<QcResult>) => results.withGraphFetched('[image, matchedImage, reference]');
