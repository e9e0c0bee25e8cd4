import type { Knex } from 'knex';
import { Image } from '../../../models/image.js';
import { StandingClassification } from '../../../models/standing-classification.js';

/**
 * Lets a user's clinical images follow him into another organization, with their classifications. To be called in the
 * transaction that moves the user, after his own row is changed: an upload under way then waits, and goes along.
 * @param organizationId null: into none.
 */
export async function moveImages(trx: Knex.Transaction, userId: string, organizationId: string | null): Promise<void> {
  await Image.query(trx).where('ownerId', userId).whereNull('requestId').patch({ organizationId });
  await StandingClassification.query(trx)
    .whereIn('imageId', Image.query().select('id').where('ownerId', userId).whereNull('requestId'))
    .patch({ organizationId });
}
