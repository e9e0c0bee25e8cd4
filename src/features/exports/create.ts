import type { Knex } from 'knex';
import { UniqueViolationError } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { DatasetExport, type ExportFormat } from '../../../models/dataset-export.js';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { conflict } from '../../errors.js';
import { enqueue } from '../../queue/job.js';
import type { Actor } from '../auth/actor.js';
import { countExported } from './exported-images.js';

/** The key that an export's job bears in the queue. */
export const exportJobKey = (exportId: string) => `makeExport:${exportId}`;

/** Files kept for one request at a time. */
export const MAX_EXPORTS_KEPT = 20;

/**
 * Makes an export and its job in one transaction; the oldest that ended gives way where a request has too many.
 * @throws {DomainError} `conflict` while one like it is being made.
 */
export async function createExport(
  db: Knex,
  actor: Actor,
  request: DatasetRequest,
  order: { format: ExportFormat; includeRejected: boolean },
): Promise<DatasetExport> {
  try {
    return await db.transaction(async (trx) => {
      // Of two orders at once, the later counts the earlier among those kept.
      await DatasetRequest.query(trx).findById(request.id).forNoKeyUpdate();
      await giveWay(trx, request.id);
      const made = await DatasetExport.query(trx).insertAndFetch({
        ...order,
        id: uuidv7(),
        requestId: request.id,
        requestedBy: actor.id,
        imagesTotal: await countExported(trx, request.id, order),
      });
      await enqueue(trx, 'makeExport', { exportId: made.id }, exportJobKey(made.id));
      return made;
    });
  } catch (error) {
    if (error instanceof UniqueViolationError && error.constraint === 'exports_one_active') {
      throw conflict('Such an export of this request is being made already.');
    }
    throw error;
  }
}

async function giveWay(trx: Knex.Transaction, requestId: string): Promise<void> {
  const oldest = await DatasetExport.query(trx)
    .where({ requestId })
    .orderBy('id', 'desc')
    .offset(MAX_EXPORTS_KEPT - 1)
    .select('id');
  await dropExports(
    trx,
    oldest.map(({ id }) => id),
  );
}

/** Deletes those of these exports that have ended, with their files. */
export async function dropExports(trx: Knex.Transaction, ids: readonly string[]): Promise<void> {
  const dropped = await DatasetExport.query(trx)
    .delete()
    .whereIn('id', [...ids])
    .whereIn('status', ['completed', 'failed'])
    .returning('*');
  const keys = dropped.flatMap(({ storageKey }) => storageKey ?? []);
  if (keys.length > 0) await enqueue(trx, 'deleteObjects', { keys });
}
