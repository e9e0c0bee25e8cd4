import type { Knex } from 'knex';
import { Image } from '../../../models/image.js';
import { QcResult } from '../../../models/qc-result.js';
import { notFound } from '../../errors.js';
import { enqueue } from '../../queue/job.js';
import { heatMapKey } from '../images/heat-map-key.js';
import { forgetFingerprints } from '../qc/match/forget-fingerprints.js';
import { lockMatches } from '../qc/match/lock-matches.js';
import { refreshMatches } from '../qc/match/refresh-matches.js';

/**
 * Deletes one image of a request with all that hangs on it; what had matched it is matched anew with what is still
 * there. Its objects follow once the row is gone for good.
 * @throws {DomainError} `not_found`.
 */
export async function deleteUpload(db: Knex, request: { id: string; ownerId: string }, imageId: string): Promise<void> {
  await db.transaction(async (trx) => {
    await lockMatches(trx, request.ownerId);
    const matched = await QcResult.query(trx).where('matchedImageId', imageId).select('imageId');
    const [image] = await Image.query(trx).delete().where({ id: imageId, requestId: request.id }).returning('*');
    if (!image) throw notFound('Upload');
    await refreshMatches(
      trx,
      matched.map((result) => result.imageId),
    );
    await forgetFingerprints(trx, [image.sha256]);
    const keys = [image.storageKey, image.thumbnailKey, heatMapKey(image.id)].filter((key) => key !== null);
    await enqueue(trx, 'deleteObjects', { keys });
  });
}
