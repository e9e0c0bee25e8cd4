import type { Knex } from 'knex';
import type { Image } from '../../../models/image.js';
import type { Node } from './read-edges.js';

/** What a comparison said of a member and its representative. */
export interface Tie {
  /** What was done to the representative to make the member. */
  transformation: string[];
  evidence: Record<string, unknown>;
}

interface TieRow extends Tie {
  memberKey: string;
  representativeKey: string;
}

export const tieKey = (member: string, representative: string) => `${member} ${representative}`;

/**
 * What is kept about these pairs, by `tieKey`, as the newest comparison gave it. Between pictures of the same bytes there
 * is none; nor can it be told what was done to an upload to make a reference.
 */
export async function readTies(
  db: Knex,
  pairs: readonly { member: Node; representative: Node }[],
  images: ReadonlyMap<string, Image>,
): Promise<Map<string, Tie>> {
  const asked = pairs.flatMap(({ member, representative }) => {
    const sha256 = images.get(member.imageId ?? '')?.sha256;
    const other = images.get(representative.imageId ?? '')?.sha256;
    if (!sha256 || (!other && representative.referenceId === null)) return [];
    return {
      member_key: member.key,
      representative_key: representative.key,
      sha256: sha256.toString('hex'),
      other_sha256: other?.toString('hex') ?? null,
      reference_id: representative.referenceId,
    };
  });
  const { rows } = await db.raw<{ rows: TieRow[] }>(
    `select distinct on (member_key, representative_key) member_key as "memberKey",
            representative_key as "representativeKey", transformation, evidence
     from (
       select asked.member_key, asked.representative_key, pair.transformation, pair.evidence, pair.created_at
       from jsonb_to_recordset(:asked) as asked (member_key text, representative_key text, sha256 text,
                                                 other_sha256 text)
       join picture_matches pair on pair.sha256 = decode(asked.sha256, 'hex')
                                    and pair.other_sha256 = decode(asked.other_sha256, 'hex')
       union all
       select asked.member_key, asked.representative_key, pair.transformation, pair.evidence, pair.created_at
       from jsonb_to_recordset(:asked) as asked (member_key text, representative_key text, sha256 text,
                                                 reference_id uuid)
       join picture_matches pair on pair.sha256 = decode(asked.sha256, 'hex')
                                    and pair.reference_id = asked.reference_id
     ) kept
     order by member_key, representative_key, created_at desc`,
    { asked: JSON.stringify(asked) },
  );
  return new Map(rows.map(({ memberKey, representativeKey, ...tie }) => [tieKey(memberKey, representativeKey), tie]));
}
