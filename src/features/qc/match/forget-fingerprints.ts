import type { Knex } from 'knex';

/** Deletes what pictures of these bytes look like, thumbnails and all, once neither an image nor a reference has them. */
export async function forgetFingerprints(trx: Knex.Transaction, sha256s: readonly Buffer[]): Promise<void> {
  await trx.raw(
    `delete from picture_fingerprints fingerprint
     where fingerprint.sha256 = any(?)
       and not exists (select from images where images.sha256 = fingerprint.sha256)
       and not exists (select from reference_images where reference_images.sha256 = fingerprint.sha256)`,
    [[...sha256s]],
  );
}
