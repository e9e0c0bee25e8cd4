import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import { Image } from '../../../models/image.js';
import { StandingClassification } from '../../../models/standing-classification.js';
import { UploadBatch } from '../../../models/upload-batch.js';
import { User } from '../../../models/user.js';
import { notFound } from '../../errors.js';
import { applyCursor } from '../../database/keyset.js';
import type { Actor } from '../auth/actor.js';
import { onlyVisible } from '../images/find.js';
import { mayOnClinicalImage } from '../images/policy.js';

export interface UnclassifiedFilter {
  /** An upload batch; the actor's own id, or none, for all he may see. */
  id?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/**
 * The images the actor may see and has not classified yet, oldest first: up to `limit + 1` rows, and how many there are
 * in all. Two indexes in the order of the images are walked side by side until the page is full.
 * @throws {DomainError} `not_found` when `id` is neither his own nor that of a batch he may see.
 */
export async function listUnclassified(db: Knex, actor: Actor, { id, limit, cursor }: UnclassifiedFilter) {
  const waiting = onlyVisible(Image.query(db), actor).whereNotExists(
    StandingClassification.query()
      .whereColumn('standingClassifications.imageId', 'images.id')
      .where('standingClassifications.userId', actor.id),
  );
  if (id !== undefined && id !== actor.id) onlyOfBatch(waiting, await findBatch(db, actor, id));
  const page = waiting.clone().limit(limit + 1);
  applyCursor(page, cursor, 'images.id', 'asc');
  const [rows, total] = await Promise.all([page, waiting.resultSize()]);
  return { rows, total };
}

function onlyOfBatch(query: QueryBuilder<Image>, batch: UploadBatch): void {
  void query.whereExists((ofBatch) => {
    void ofBatch
      .from('clinicalBatchImages')
      .where('clinicalBatchImages.batchId', batch.id)
      .whereColumn('clinicalBatchImages.imageId', 'images.id');
  });
}

async function findBatch(db: Knex, actor: Actor, id: string): Promise<UploadBatch> {
  const batch = await UploadBatch.query(db).findById(id).whereNull('requestId');
  const owner = batch && (await User.query(db).findById(batch.ownerId).select('organizationId'));
  if (!owner || !mayOnClinicalImage(actor, 'read', { ownerId: batch.ownerId, organizationId: owner.organizationId })) {
    throw notFound('Upload batch');
  }
  return batch;
}
