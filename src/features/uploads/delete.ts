import type { Knex } from 'knex';
import { QcResult } from '../../../models/qc-result.js';
import { deleteImage } from '../images/delete.js';
import { forgetFingerprints } from '../qc/match/forget-fingerprints.js';
import { lockMatches } from '../qc/match/lock-matches.js';
import { refreshMatches } from '../qc/match/refresh-matches.js';

/**
 * Deletes one image of a request with all that hangs on it; what had matched it is matched anew with what is still
 * there.
 * @throws {DomainError} `not_found`.
 */
export async function deleteUpload(db: Knex, request: { id: string; ownerId: string }, imageId: string): Promise<void> {
  await db.transaction(async (trx) => {
    await lockMatches(trx, request.ownerId);
    const matched = await QcResult.query(trx).where('matchedImageId', imageId).select('imageId');
    const image = await deleteImage(trx, { id: imageId, requestId: request.id });
    await refreshMatches(
      trx,
      matched.map((result) => result.imageId),
    );
    await forgetFingerprints(trx, [image.sha256]);
  });
}
