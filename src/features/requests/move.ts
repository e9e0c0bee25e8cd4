import type { Knex } from 'knex';
import { DatasetRequest } from '../../../models/dataset-request.js';

/** Puts a user's requests under the administration of the organization he now belongs to. */
export async function moveRequests(trx: Knex, ownerId: string, organizationId: string | null): Promise<void> {
  await DatasetRequest.query(trx).where({ ownerId }).patch({ organizationId });
}
