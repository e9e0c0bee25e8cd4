import type { Knex } from 'knex';

/** Any number will do that no other lock of two numbers in this database bears first. */
const LOCK_CLASS = 4_170_927;

/**
 * Until the transaction ends, nobody else changes what an owner's pictures match: of two runs that find each other's
 * pictures the later sees what the earlier wrote, and neither misses the other.
 */
export async function lockMatches(trx: Knex.Transaction, ownerId: string): Promise<void> {
  await trx.raw('select pg_advisory_xact_lock(?, hashtext(?))', [LOCK_CLASS, ownerId]);
}
