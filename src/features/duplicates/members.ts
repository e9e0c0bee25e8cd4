import type { Knex } from 'knex';
import type { DatasetRequest } from '../../../models/dataset-request.js';
import { Image } from '../../../models/image.js';
import { ReferenceImage } from '../../../models/reference-image.js';
import type { Edge, Group } from './groups.js';
import type { KeeperCandidate } from './keeper.js';
import { readTies, tieKey, type Tie } from './read-ties.js';
import type { Node } from './read-edges.js';
import { shareShown } from './share-shown.js';

/** A picture of a group, with what ties it to the representative. */
export interface Member extends KeeperCandidate {
  image: Image | null;
  reference: ReferenceImage | null;
  inRequest: boolean;
  isRepresentative: boolean;
  /** Null for the representative. */
  relation: Edge['relation'] | null;
  score: number | null;
  /** What was done to the representative to make this one. */
  transformation: string[];
  evidence: Record<string, unknown> | null;
}

interface GroupNodes {
  group: Group;
  /** The representative first. */
  nodes: readonly Node[];
}

/** The members of a page's groups, in the order of the nodes; pictures deleted meanwhile are left out. */
export async function readMembers(
  db: Knex,
  request: DatasetRequest,
  groups: readonly GroupNodes[],
): Promise<Member[][]> {
  const all = groups.flatMap(({ nodes }) => nodes);
  const [images, references] = await Promise.all([
    readImages(
      db,
      all.flatMap(({ imageId }) => imageId ?? []),
    ),
    readReferences(
      db,
      all.flatMap(({ referenceId }) => referenceId ?? []),
    ),
  ]);
  const ties = await readTies(
    db,
    groups.flatMap(({ nodes: [representative, ...members] }) =>
      members.flatMap((member) => (representative ? { member, representative } : [])),
    ),
    images,
  );
  return groups.map(({ group, nodes: [representative, ...nodes] }) => {
    if (!representative) return [];
    const tied = nodes.map((node) => ({ node, tie: ties.get(tieKey(node.key, representative.key)) ?? null }));
    const isBordered = tied.some(({ tie }) => tie?.transformation.includes('border removed'));
    const first = asMember(representative, { images, references, request, edge: null, tie: null });
    const others = tied.flatMap(({ node, tie }) =>
      asMember(node, { images, references, request, edge: group.members.get(node.key) ?? null, tie }),
    );
    return [...first.map((member) => ({ ...member, bordered: isBordered })), ...others];
  });
}

async function readImages(db: Knex, ids: string[]): Promise<Map<string, Image & { metadataBytes: number | null }>> {
  const images = await Image.query(db)
    .whereIn('images.id', ids)
    .leftJoin('qcResults', 'qcResults.imageId', 'images.id')
    .leftJoin('imageAnalyses', (join) => {
      join
        .on('imageAnalyses.sha256', 'images.sha256')
        .andOn('imageAnalyses.analyserVersion', 'qcResults.analyserVersion');
    })
    .select('images.*', 'imageAnalyses.metadataBytes');
  return new Map(images.map((image) => [image.id, image as Image & { metadataBytes: number | null }]));
}

async function readReferences(db: Knex, ids: string[]): Promise<Map<string, ReferenceImage>> {
  const references = await ReferenceImage.query(db).whereIn('id', ids);
  return new Map(references.map((reference) => [reference.id, reference]));
}

interface Facts {
  images: ReadonlyMap<string, Image & { metadataBytes: number | null }>;
  references: ReadonlyMap<string, ReferenceImage>;
  request: DatasetRequest;
  edge: Edge | null;
  tie: Tie | null;
}

function asMember(node: Node, { images, references, request, edge, tie }: Facts): Member[] {
  const image = images.get(node.imageId ?? '') ?? null;
  const reference = references.get(node.referenceId ?? '') ?? null;
  const createdAt = (image ?? reference)?.createdAt;
  if (!createdAt) return [];
  return [
    {
      key: node.key,
      image,
      reference,
      inRequest: node.requestId === request.id,
      isRepresentative: edge === null,
      isReference: reference !== null,
      decision: node.decision,
      relation: edge?.relation ?? null,
      score: edge?.score ?? null,
      transformation: tie?.transformation ?? [],
      evidence: tie?.evidence ?? null,
      shown: shareShown(tie),
      bordered: tie?.transformation.includes('border') ?? false,
      pixels: image && image.width * image.height,
      bytes: image?.bytes ?? null,
      metadataBytes: image?.metadataBytes ?? null,
      createdAt: createdAt.getTime(),
    },
  ];
}
