import type { Knex } from 'knex';
import { refreshMatches } from './refresh-matches.js';

const ROWS_AT_ONCE = 2000;

/** One direction of a pair: what `sha256` has to do with the other. */
export interface FoundMatch {
  sha256: Buffer;
  otherSha256: Buffer | null;
  referenceId: string | null;
  /** 0…1. */
  score: number;
  relation: 'copy' | 'near_shot';
  /** What was done to the other to make this one. */
  transformation: string[];
  evidence: object;
}

/**
 * Keeps matches, and brings up to date the results of whichever of the owner's images they improve, beside those of
 * `imageIds`. To be called under the owner's lock.
 * @param imageIds images of the owner whose results are new.
 * @param sha256s the bytes that were looked at: images of the same bytes match each other.
 */
export async function saveMatches(
  trx: Knex.Transaction,
  { ownerId, analyserVersion }: { ownerId: string; analyserVersion: string },
  { matches, imageIds, sha256s }: { matches: readonly FoundMatch[]; imageIds: readonly string[]; sha256s: Buffer[] },
): Promise<void> {
  // In one order, whoever finds them: two owners with the same pictures would else wait for each other for ever. Of
  // one pair found twice the better counts.
  const sorted = [...matches].sort((a, b) => a.sha256.compare(b.sha256) || compareOthers(a, b) || b.score - a.score);
  const distinct = sorted.filter((match, at) => {
    const before = sorted[at - 1];
    return !before?.sha256.equals(match.sha256) || compareOthers(before, match) !== 0;
  });
  for (let first = 0; first < distinct.length; first += ROWS_AT_ONCE) {
    await insertMatches(trx, analyserVersion, distinct.slice(first, first + ROWS_AT_ONCE));
  }
  const improved = await improvedResults(trx, ownerId, { matches, imageIds, sha256s });
  await refreshMatches(trx, [...imageIds, ...improved]);
}

/** References that were deleted since they were found are left out. */
async function insertMatches(trx: Knex.Transaction, analyserVersion: string, matches: FoundMatch[]): Promise<void> {
  const referenceIds = [...new Set(matches.flatMap(({ referenceId }) => referenceId ?? []))];
  const present = await trx('reference_images')
    .whereIn('id', referenceIds)
    .forKeyShare()
    .select<{ id: string }[]>('id');
  const presentIds = new Set(present.map(({ id }) => id));
  const rows = matches
    .filter(({ referenceId }) => referenceId === null || presentIds.has(referenceId))
    .map(({ sha256, otherSha256, referenceId, ...match }) => ({
      ...match,
      sha256: sha256.toString('hex'),
      other_sha256: otherSha256?.toString('hex') ?? null,
      reference_id: referenceId,
    }));
  await trx.raw(
    `insert into picture_matches (sha256, analyser_version, other_sha256, reference_id, score, relation, transformation,
                                  evidence)
     select decode(sha256, 'hex'), :analyserVersion, decode(other_sha256, 'hex'), reference_id, score, relation,
            transformation, evidence
     from jsonb_to_recordset(:rows) as found (sha256 text, other_sha256 text, reference_id uuid, score real,
                                              relation text, transformation text[], evidence jsonb)
     on conflict do nothing`,
    { analyserVersion, rows: JSON.stringify(rows) },
  );
}

type Other = Pick<FoundMatch, 'otherSha256' | 'referenceId'>;

function compareOthers(a: Other, b: Other): number {
  const key = ({ otherSha256, referenceId }: Other) => otherSha256?.toString('hex') ?? `~${referenceId ?? ''}`;
  return key(a) < key(b) ? -1 : Number(key(a) > key(b));
}

/** The owner's other results that have now met something better than what they matched. */
async function improvedResults(
  trx: Knex.Transaction,
  ownerId: string,
  { matches, imageIds, sha256s }: { matches: readonly FoundMatch[]; imageIds: readonly string[]; sha256s: Buffer[] },
): Promise<string[]> {
  const met = new Map<string, number>(sha256s.map((sha256) => [sha256.toString('hex'), EXACT_RANK]));
  for (const { sha256, relation, score } of matches) {
    const key = sha256.toString('hex');
    met.set(key, Math.max(met.get(key) ?? 0, relation === 'near_shot' ? score : 1 + score));
  }
  const rows = [...met].map(([sha256, rank]) => ({ sha256, rank }));
  const { rows: improved } = await trx.raw<{ rows: { imageId: string }[] }>(
    `select result.image_id as "imageId"
     from jsonb_to_recordset(:rows) as met (sha256 text, rank real)
     join images image on image.sha256 = decode(met.sha256, 'hex') and image.owner_id = :ownerId
     join qc_results result on result.image_id = image.id
     where image.id <> all(cast(:imageIds as uuid[]))
       and met.rank > coalesce(
         case result.match_relation
           when 'exact' then ${EXACT_RANK} when 'near_shot' then result.match_score else 1 + result.match_score
         end, 0)`,
    { rows: JSON.stringify(rows), ownerId, imageIds: [...imageIds] },
  );
  return improved.map(({ imageId }) => imageId);
}

/** Above every copy (1…2), and those above every near shot (0…1). */
const EXACT_RANK = 3;
