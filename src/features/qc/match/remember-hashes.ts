import type { Knex } from 'knex';
import { OF_OWNER } from './of-owner.js';

/**
 * Makes analysed pictures part of what an owner's pictures are searched in; those that are already change nothing.
 * A transaction of its own: while one numbers hashes, no other does.
 */
export async function rememberHashes(
  db: Knex,
  owner: { ownerId: string; analyserVersion: string },
  sha256s: readonly Buffer[],
): Promise<void> {
  const missing = `
    select analysis.sha256 from image_analyses analysis
    where analysis.sha256 = any(:sha256s) and analysis.analyser_version = :analyserVersion and analysis.pdq is not null
      and not exists (
        select from picture_hashes
        where sha256 = analysis.sha256 and analyser_version = :analyserVersion and ${OF_OWNER})`;
  const { rows } = await db.raw<{ rows: { sha256: Buffer }[] }>(missing, { ...owner, sha256s: [...sha256s] });
  if (rows.length === 0) return;
  await db.raw(
    `with added as (
       insert into picture_hashes (owner_id, sha256, analyser_version, pdq, pdq_quality, descriptor)
       select :ownerId, sha256, analyser_version, pdq, pdq_quality, descriptor
       from image_analyses left join picture_fingerprints using (sha256, analyser_version)
       where sha256 = any(:sha256s) and analyser_version = :analyserVersion and pdq is not null
       on conflict do nothing
       returning sequence, owner_id, analyser_version
     )
     insert into unscanned_pictures (sequence, owner_id, analyser_version)
     select sequence, owner_id, analyser_version from added`,
    { ...owner, sha256s: rows.map(({ sha256 }) => sha256) },
  );
}
