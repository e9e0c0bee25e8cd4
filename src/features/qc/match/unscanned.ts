import type { Knex } from 'knex';
import { OF_OWNER } from './of-owner.js';

interface Owner {
  ownerId: string;
  analyserVersion: string;
}

/**
 * The number of the first picture of an owner that is known and was never looked up itself, beside those in hand: its
 * run was cancelled, or a process is at it. Null where all were.
 */
export async function firstUnscanned(db: Knex, owner: Owner, inHand: readonly number[]): Promise<number | null> {
  const { rows } = await db.raw<{ rows: { sequence: number | null }[] }>(
    `select min(unscanned.sequence) as sequence from unscanned_pictures unscanned
     join picture_hashes hash on hash.sequence = unscanned.sequence
     where unscanned.owner_id = :ownerId and unscanned.analyser_version = :analyserVersion
       and unscanned.sequence <> all(cast(:inHand as bigint[]))
       and exists (select from images where images.sha256 = hash.sha256 and images.owner_id = hash.owner_id)`,
    { ...owner, inHand: [...inHand] },
  );
  return rows[0]?.sequence ?? null;
}

/** The numbers of an owner's pictures by their bytes, hexadecimal. */
export async function sequencesOf(db: Knex, owner: Owner, sha256s: readonly Buffer[]): Promise<Map<string, number>> {
  const { rows } = await db.raw<{ rows: { sha256: Buffer; sequence: number }[] }>(
    `select sha256, sequence from picture_hashes
     where sha256 = any(:sha256s) and analyser_version = :analyserVersion and ${OF_OWNER}`,
    { ...owner, sha256s: [...sha256s] },
  );
  return new Map(rows.map(({ sha256, sequence }) => [sha256.toString('hex'), sequence]));
}

/** To be called in the transaction that keeps what looking them up has found. */
export async function markScanned(trx: Knex, owner: Owner, sha256s: readonly Buffer[]): Promise<void> {
  await trx.raw(
    `delete from unscanned_pictures using picture_hashes
     where unscanned_pictures.sequence = picture_hashes.sequence and picture_hashes.sha256 = any(:sha256s)
       and picture_hashes.analyser_version = :analyserVersion and ${OF_OWNER}`,
    { ...owner, sha256s: [...sha256s] },
  );
}
