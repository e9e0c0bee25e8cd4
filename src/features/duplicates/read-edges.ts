import type { Knex } from 'knex';
import type { Actor } from '../auth/actor.js';
import { foundMatches } from '../qc/match/found-sql.js';
import { readableAmong } from '../requests/find.js';
import type { Edge } from './groups.js';

/** The strongest are read; a request that has more has other worries than the rest. */
const MOST_EDGES = 100_000;

/** A picture among duplicates, as far as grouping goes. */
export interface Node {
  key: string;
  imageId: string | null;
  referenceId: string | null;
  /** Null for a reference. */
  requestId: string | null;
  pixels: number;
  bytes: number;
  decision: 'keep' | 'reject' | null;
}

interface EdgeRow {
  imageId: string;
  pixels: number;
  bytes: number;
  decision: Node['decision'];
  otherImageId: string | null;
  referenceId: string | null;
  otherRequestId: string | null;
  otherPixels: number | null;
  otherBytes: number | null;
  otherDecision: Node['decision'];
  relation: Edge['relation'];
  score: number;
}

export interface EdgeFilter {
  /** Copies that score below are left out. */
  threshold: number;
  nearShots: boolean;
}

/**
 * Which pictures of a request match which, there and elsewhere as far as their runs' scope reaches and the actor may
 * see, each pair once; by node key.
 */
export async function readEdges(
  db: Knex,
  actor: Actor,
  requestId: string,
  { threshold, nearShots }: EdgeFilter,
): Promise<{ edges: Edge[]; nodes: Map<string, Node> }> {
  const { rows } = await db.raw<{ rows: EdgeRow[] }>(
    `with ${foundMatches('image.id in (select image_id from tied_images where request_id = :requestId)')}
     select found.image_id as "imageId", found.other_image_id as "otherImageId", found.reference_id as "referenceId",
            found.relation, found.score,
            cast(image.width as bigint) * image.height as pixels, image.bytes, image.duplicate_decision as decision,
            other.request_id as "otherRequestId", cast(other.width as bigint) * other.height as "otherPixels",
            other.bytes as "otherBytes", other.duplicate_decision as "otherDecision"
     from found
     join images image on image.id = found.image_id
     left join images other on other.id = found.other_image_id
     where (not found.same_request or found.image_id < found.other_image_id)
       and case when found.relation = 'near_shot' then :nearShots else found.score >= :threshold end
     order by found.relation = 'near_shot', found.score desc, found.image_id
     limit :most`,
    { requestId, nearShots, threshold, most: MOST_EDGES },
  );
  const elsewhere = rows.flatMap(({ otherRequestId }) => otherRequestId ?? []);
  const readable = await readableAmong(db, actor, [requestId, ...elsewhere]);
  const edges: Edge[] = [];
  const nodes = new Map<string, Node>();
  for (const row of rows) {
    if (row.otherRequestId !== null && !readable.has(row.otherRequestId)) continue;
    const [own, other] = [ownNode(row, requestId), otherNode(row)];
    nodes.set(own.key, own).set(other.key, other);
    edges.push({ a: own.key, b: other.key, relation: row.relation, score: row.score });
  }
  return { edges, nodes };
}

const ownNode = ({ imageId, pixels, bytes, decision }: EdgeRow, requestId: string): Node => ({
  key: imageId,
  imageId,
  referenceId: null,
  requestId,
  pixels,
  bytes,
  decision,
});

const otherNode = (row: EdgeRow): Node => ({
  key: row.otherImageId ?? `reference ${row.referenceId ?? ''}`,
  imageId: row.otherImageId,
  referenceId: row.referenceId,
  requestId: row.otherRequestId,
  pixels: row.otherPixels ?? 0,
  bytes: row.otherBytes ?? 0,
  decision: row.otherDecision,
});
