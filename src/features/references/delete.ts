import type { Knex } from 'knex';
import { QcResult } from '../../../models/qc-result.js';
import { ReferenceImage } from '../../../models/reference-image.js';
import { notFound } from '../../errors.js';
import { recordAudit } from '../audit/record.js';
import type { Caller } from '../auth/caller.js';
import { forgetFingerprints } from '../qc/match/forget-fingerprints.js';
import { lockMatches } from '../qc/match/lock-matches.js';
import { refreshMatches } from '../qc/match/refresh-matches.js';

const CHUNK = 500;

/**
 * Deletes a reference, and matches what had matched it anew with what is still known.
 * @throws {DomainError} `not_found`.
 */
export async function deleteReference(db: Knex, caller: Caller, id: string): Promise<void> {
  await db.transaction(async (trx) => {
    const matched = QcResult.query(trx).joinRelated('image').where('qcResults.referenceId', id);
    // In one order, and before the row itself, which a run may be about to point to under its owner's lock.
    const owners = await matched
      .clone()
      .distinct('image.ownerId')
      .orderBy('image.ownerId')
      .castTo<{ ownerId: string }[]>();
    for (const { ownerId } of owners) await lockMatches(trx, ownerId);
    const results = await matched.clone().select('qcResults.imageId');

    const [reference] = await ReferenceImage.query(trx).delete().where({ id }).returning('*');
    if (!reference) throw notFound('Reference');
    await recordAudit(trx, caller, {
      action: 'references.deleted',
      target: { type: 'references', id },
      organizationId: null,
      details: { source_url: reference.sourceUrl },
    });
    if (reference.sha256) await forgetFingerprints(trx, [reference.sha256]);
    for (let start = 0; start < results.length; start += CHUNK) {
      await refreshMatches(
        trx,
        results.slice(start, start + CHUNK).map(({ imageId }) => imageId),
      );
    }
  });
}
