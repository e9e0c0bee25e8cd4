import type { Knex } from 'knex';
import { raw } from 'objection';
import type { DatasetRequest } from '../../../models/dataset-request.js';
import { DistinctPictures } from '../../../models/distinct-pictures.js';
import { Image } from '../../../models/image.js';
import { ReferenceImage } from '../../../models/reference-image.js';
import type { Actor } from '../auth/actor.js';
import { lockMatches } from '../qc/match/lock-matches.js';
import { refreshMatches } from '../qc/match/refresh-matches.js';

export interface ImageDecision {
  imageId: string;
  /** `undecided` takes an earlier decision back. */
  decision: 'keep' | 'reject' | 'undecided';
}

export interface PairDecision {
  imageId: string;
  /** One of both: the picture that the image was taken for a copy of. */
  otherImageId: string | null;
  referenceId: string | null;
  /** `undecided` lets the pair be reported again. */
  decision: 'not_duplicate' | 'undecided';
}

export interface Unresolved {
  /** `images.3`, as the call has it. */
  item: string;
  message: string;
}

/**
 * Keeps or rejects images of a request, and remembers of pairs that they are no duplicates, for all the owner's pictures
 * of these bytes and for good. Results follow at once. What cannot be done is told and costs the rest nothing.
 */
export async function resolveDuplicates(
  db: Knex,
  actor: Actor,
  request: DatasetRequest,
  { images, pairs }: { images: readonly ImageDecision[]; pairs: readonly PairDecision[] },
): Promise<{ resolved: number; unresolved: Unresolved[] }> {
  return db.transaction(async (trx) => {
    await lockMatches(trx, request.ownerId);
    const decided = await decideImages(trx, actor, request, images);
    const told = await decidePairs(trx, actor, request, pairs);
    await refreshMatches(trx, [
      ...new Set([
        ...(await partnersOf(trx, request, decided.sha256s)),
        ...(await imagesOf(trx, request, told.sha256s)),
      ]),
    ]);
    const unresolved = [...decided.unresolved, ...told.unresolved];
    return { resolved: images.length + pairs.length - unresolved.length, unresolved };
  });
}

async function decideImages(
  trx: Knex.Transaction,
  actor: Actor,
  request: DatasetRequest,
  decisions: readonly ImageDecision[],
) {
  const byId = new Map<string, Image>();
  for (const decision of ['keep', 'reject', 'undecided'] as const) {
    const ids = decisions.filter((item) => item.decision === decision).map(({ imageId }) => imageId);
    const undecided = decision === 'undecided';
    const changed = await Image.query(trx)
      .where('requestId', request.id)
      .whereIn('id', ids)
      .patch({
        duplicateDecision: undecided ? null : decision,
        decidedBy: undecided ? null : actor.id,
        decidedAt: undecided ? null : raw('now()'),
      })
      .returning(['id', 'sha256']);
    for (const image of changed) byId.set(image.id, image);
  }
  const unresolved = decisions.flatMap(({ imageId }, at) =>
    byId.has(imageId) ? [] : { item: `images.${at}`, message: `This request has no image ${imageId}.` },
  );
  return { sha256s: [...byId.values()].map(({ sha256 }) => sha256), unresolved };
}

async function decidePairs(
  trx: Knex.Transaction,
  actor: Actor,
  request: DatasetRequest,
  decisions: readonly PairDecision[],
) {
  const ids = decisions.flatMap(({ imageId, otherImageId }) => [imageId, ...(otherImageId ? [otherImageId] : [])]);
  // Another picture of the owner's, in whatever request: what somebody else has is no business of his.
  const images = await Image.query(trx).whereIn('id', ids).where('ownerId', request.ownerId).forKeyShare();
  const byId = new Map(images.map((image) => [image.id, image]));
  const referenceIds = decisions.flatMap(({ referenceId }) => referenceId ?? []);
  const references = await ReferenceImage.query(trx).whereIn('id', referenceIds).select('id').forKeyShare();
  const knownReferences = new Set(references.map(({ id }) => id));

  const sha256s: Buffer[] = [];
  const unresolved: Unresolved[] = [];
  for (const [at, { imageId, otherImageId, referenceId, decision }] of decisions.entries()) {
    const image = byId.get(imageId);
    const other = byId.get(otherImageId ?? '');
    if (image?.requestId !== request.id) {
      unresolved.push({ item: `pairs.${at}`, message: `This request has no image ${imageId}.` });
    } else if (other ? other.id === image.id : !knownReferences.has(referenceId ?? '')) {
      unresolved.push({ item: `pairs.${at}`, message: 'The other picture of this pair is not there.' });
    } else {
      const key = { ownerId: request.ownerId, decidedBy: actor.id };
      const rows = other
        ? [
            { ...key, sha256: image.sha256, otherSha256: other.sha256, referenceId: null },
            { ...key, sha256: other.sha256, otherSha256: image.sha256, referenceId: null },
          ]
        : [{ ...key, sha256: image.sha256, otherSha256: null, referenceId }];
      await remember(trx, rows, decision);
      sha256s.push(image.sha256, ...(other ? [other.sha256] : []));
    }
  }
  return { sha256s, unresolved };
}

type Distinct = Pick<DistinctPictures, 'ownerId' | 'sha256' | 'otherSha256' | 'referenceId' | 'decidedBy'>;

async function remember(
  trx: Knex.Transaction,
  rows: readonly Distinct[],
  decision: PairDecision['decision'],
): Promise<void> {
  for (const row of rows) {
    const { ownerId, sha256, otherSha256, referenceId } = row;
    if (decision === 'not_duplicate') await trx(DistinctPictures.tableName).insert(row).onConflict().ignore();
    else await DistinctPictures.query(trx).delete().where({ ownerId, sha256, otherSha256, referenceId });
  }
}

/** Images of the request that have these bytes, or match them: what is rejected is no match in its request. */
async function partnersOf(trx: Knex.Transaction, request: DatasetRequest, sha256s: Buffer[]): Promise<string[]> {
  const { rows } = await trx.raw<{ rows: { id: string }[] }>(
    `select id from images where request_id = :requestId and sha256 = any(:sha256s)
     union
     select images.id from picture_matches pair
     join images on images.sha256 = pair.other_sha256 and images.request_id = :requestId
     where pair.sha256 = any(:sha256s) and pair.other_sha256 is not null`,
    { requestId: request.id, sha256s },
  );
  return rows.map(({ id }) => id);
}

async function imagesOf(trx: Knex.Transaction, request: DatasetRequest, sha256s: Buffer[]): Promise<string[]> {
  const images = await Image.query(trx).where('ownerId', request.ownerId).whereIn('sha256', sha256s).select('id');
  return images.map(({ id }) => id);
}
