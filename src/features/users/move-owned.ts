import type { Knex } from 'knex';
import { moveImages } from '../images/move.js';
import { moveRequests } from '../requests/move.js';

/**
 * Takes along what a user owns when he moves to another organization, so that its administrators have it and those of
 * the former one no longer do. Whoever keeps the owner's organization in rows of his own stands here with a line.
 */
export async function moveOwned(trx: Knex.Transaction, userId: string, organizationId: string | null): Promise<void> {
  await moveRequests(trx, userId, organizationId);
  await moveImages(trx, userId, organizationId);
}
