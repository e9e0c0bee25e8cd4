/**
 * Common table expressions, for a statement to begin with: `target`, the images asked about, and `found`, a row for
 * each image and reference that one of them matches. A result keeps to the scope of its own run, to what its owner
 * called no duplicates, and to pictures that are there.
 * @param condition chooses the targets, by columns of `image`.
 */
export const foundMatches = (condition: string) => `
  target as (
    select result.image_id, image.sha256, image.owner_id, image.request_id, request.organization_id,
           result.analyser_version, run.scope
    from images image
    join qc_results result on result.image_id = image.id
    join requests request on request.id = image.request_id
    join qc_runs run on run.id = result.run_id
    where ${condition}
  ), tied as (
    select target.image_id, other.id as other_image_id, 'exact' as relation, 1::real as score,
           '{}'::text[] as transformation, null::jsonb as evidence, other.owner_id, other.request_id, other.sha256,
           other.duplicate_decision
    from target join images other on other.sha256 = target.sha256 and other.id <> target.image_id
    union all
    select target.image_id, other.id, pair.relation, pair.score, pair.transformation, pair.evidence,
           other.owner_id, other.request_id, other.sha256, other.duplicate_decision
    from target
    join picture_matches pair on pair.sha256 = target.sha256 and pair.analyser_version = target.analyser_version
                                 and pair.other_sha256 is not null
    join images other on other.sha256 = pair.other_sha256
  ), found as (
    select tied.image_id, tied.other_image_id, null::uuid as reference_id, tied.relation, tied.score,
           tied.transformation, tied.evidence,
           tied.request_id = target.request_id as same_request,
           tied.request_id = target.request_id and tied.duplicate_decision is not distinct from 'reject' as rejected
    from tied join target on target.image_id = tied.image_id
    where case target.scope
            when 'request' then tied.request_id = target.request_id
            when 'customer' then tied.owner_id = target.owner_id and tied.request_id is not null
            when 'organization' then exists (
              select from requests
              where requests.id = tied.request_id and requests.organization_id = target.organization_id)
            else tied.request_id is not null
          end
      and not exists (
        select from distinct_pictures
        where distinct_pictures.owner_id = target.owner_id and distinct_pictures.sha256 = target.sha256
          and distinct_pictures.other_sha256 = tied.sha256)
    union all
    select target.image_id, null, reference.id, 'exact', 1, '{}', null, false, false
    from target join reference_images reference on reference.sha256 = target.sha256
    where not exists (${calledDistinct('reference.id')})
    union all
    select target.image_id, null, pair.reference_id, pair.relation, pair.score, pair.transformation, pair.evidence,
           false, false
    from target
    join picture_matches pair on pair.sha256 = target.sha256 and pair.analyser_version = target.analyser_version
                                 and pair.reference_id is not null
    where not exists (${calledDistinct('pair.reference_id')})
  )`;

function calledDistinct(referenceId: string): string {
  return `select from distinct_pictures
          where distinct_pictures.owner_id = target.owner_id and distinct_pictures.sha256 = target.sha256
            and distinct_pictures.reference_id = ${referenceId}`;
}
