import type { Knex } from 'knex';
import { foundMatches } from './found-sql.js';

/** What a near shot's score stays below, so that no threshold a person would set takes it for a copy. */
export const NEAR_SHOT_CEILING = 0.49;

/**
 * Chooses anew what each of these images' results matched, from what is known about their bytes: the same bytes before
 * a copy before a near shot, then the higher score, a reference before an image, the oldest. One that was rejected in
 * the same request is a match no longer. To be called under the owner's lock.
 */
export async function refreshMatches(trx: Knex.Transaction, imageIds: readonly string[]): Promise<void> {
  if (imageIds.length === 0) return;
  await trx.raw(
    `with ${foundMatches('image.id = any(cast(:imageIds as uuid[]))')},
     ranked as (
       select *, relation = 'near_shot' as near,
              row_number() over (partition by image_id
                order by relation = 'near_shot', score desc, reference_id nulls last, other_image_id) as place
       from found where not rejected
     ), chosen as (
       select target.image_id,
              best.relation as match_relation,
              best.score as match_score,
              case when best.near then least(best.score, :ceiling) else coalesce(best.score, 0) end as duplicate_score,
              coalesce(best.transformation, '{}') as transformation,
              best.evidence as match_evidence,
              (select other_image_id from ranked
               where ranked.image_id = target.image_id and ranked.near = best.near and other_image_id is not null
               order by place limit 1) as matched_image_id,
              (select reference_id from ranked
               where ranked.image_id = target.image_id and ranked.near = best.near and reference_id is not null
               order by place limit 1) as reference_id
       from target left join ranked best on best.image_id = target.image_id and best.place = 1
     )
     update qc_results set
       match_relation = chosen.match_relation,
       match_score = chosen.match_score,
       duplicate_score = chosen.duplicate_score,
       transformation = chosen.transformation,
       match_evidence = chosen.match_evidence,
       matched_image_id = chosen.matched_image_id,
       reference_id = chosen.reference_id
     from chosen
     where qc_results.image_id = chosen.image_id
       -- Most pictures match nothing, before and after: their rows need not be written again.
       and (qc_results.match_relation is not null or qc_results.duplicate_score > 0
            or chosen.match_relation is not null)`,
    { imageIds: [...imageIds], ceiling: NEAR_SHOT_CEILING },
  );
}
