import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import { Image } from '../../../models/image.js';
import { forbidden, notFound } from '../../errors.js';
import { administersAll, type Actor } from '../auth/actor.js';
import { mayOnClinicalImage, type ClinicalImageOperation } from './policy.js';

/**
 * The clinical image, if the actor may do this to it.
 * @param options.hold Whether it stays as it is, neither deleted nor moved, until the transaction ends.
 * @throws {DomainError} `not_found` when it is not there or not his to see, `forbidden` when he may only see it.
 */
export async function findClinicalImage(
  db: Knex,
  actor: Actor,
  id: string,
  operation: ClinicalImageOperation,
  { hold = false }: { hold?: boolean } = {},
): Promise<Image> {
  const image = await Image.query(db)
    .findById(id)
    .whereNull('requestId')
    .modify((query) => {
      if (hold) void query.forShare();
    });
  if (!image || !mayOnClinicalImage(actor, 'read', image)) throw notFound('Image');
  if (!mayOnClinicalImage(actor, operation, image)) throw forbidden('You may see this image but not do this to it.');
  return image;
}

/**
 * Narrows a query over `images` to the clinical ones the actor may read: the policy's `read` in SQL. An image is always
 * of its owner's organization, so that one index answers.
 */
export function onlyVisible<Result>(query: QueryBuilder<Image, Result>, actor: Actor) {
  void query.whereNull('images.requestId');
  if (administersAll(actor)) return query;
  return actor.organizationId === null
    ? query.where('images.ownerId', actor.id)
    : query.where('images.organizationId', actor.organizationId);
}
