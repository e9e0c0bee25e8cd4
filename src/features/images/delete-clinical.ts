import type { Knex } from 'knex';
import { Classification } from '../../../models/classification.js';
import { Image } from '../../../models/image.js';
import { recordAudit } from '../audit/record.js';
import type { Caller } from '../auth/caller.js';
import { deleteImage } from './delete.js';
import { findClinicalImage } from './find.js';

/**
 * Deletes a clinical image with its classifications, and puts on record whose it was and how much went with it.
 * @returns what it was.
 * @throws {DomainError} as `findClinicalImage`.
 */
export async function deleteClinicalImage(db: Knex, caller: Caller, id: string): Promise<Image> {
  return db.transaction(async (trx) => {
    // Before it is read: nobody moves it, or classifies it uncounted, until it is gone.
    await Image.query(trx).findById(id).whereNull('requestId').select('id').forUpdate();
    const image = await findClinicalImage(trx, caller.actor, id, 'delete');
    const classifications = await Classification.query(trx).where({ imageId: image.id }).resultSize();
    await deleteImage(trx, image);
    await recordAudit(trx, caller, {
      action: 'image.deleted',
      target: { type: 'image', id: image.id },
      organizationId: image.organizationId,
      details: { owner_id: image.ownerId, filename: image.filename, classifications },
    });
    return image;
  });
}
