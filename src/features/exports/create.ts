import type { Knex } from 'knex';
import { type QueryBuilder, UniqueViolationError } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { activeExportStatuses, DatasetExport, type ExportFormat } from '../../../models/dataset-export.js';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { User } from '../../../models/user.js';
import { conflict } from '../../errors.js';
import { enqueue } from '../../queue/job.js';
import type { Actor } from '../auth/actor.js';
import { countExported } from './exported-images.js';

/** The key that an export's job bears in the queue. */
export const exportJobKey = (exportId: string) => `makeExport:${exportId}`;

/** Exports kept for one request at a time, and for all requests of one customer. */
export const MOST_OF_REQUEST = 20;
export const MOST_OF_CUSTOMER = 100;
/** Exports of one customer that wait or are being made: all formats of a request, and some more. */
export const MOST_UNDER_WAY = 10;

/**
 * Makes an export and its job in one transaction; the oldest that ended give way where a request or its customer has too
 * many.
 * @throws {DomainError} `conflict` while one like it is being made, or too many of the customer's are.
 */
export async function createExport(
  db: Knex,
  actor: Actor,
  request: DatasetRequest,
  order: { format: ExportFormat; includeRejected: boolean },
): Promise<DatasetExport> {
  try {
    return await db.transaction(async (trx) => {
      // Of two orders at once, the later counts the earlier.
      await User.query(trx).findById(request.ownerId).select('id').forNoKeyUpdate();
      await refuseTooMany(trx, request.ownerId);
      await giveWay(trx, request);
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

const ofCustomer = (trx: Knex.Transaction, ownerId: string) =>
  DatasetExport.query(trx).whereIn('requestId', DatasetRequest.query(trx).where({ ownerId }).select('id'));

async function refuseTooMany(trx: Knex.Transaction, ownerId: string): Promise<void> {
  const underWay = await ofCustomer(trx, ownerId)
    .whereIn('status', [...activeExportStatuses])
    .resultSize();
  if (underWay < MOST_UNDER_WAY) return;
  throw conflict(`${underWay} exports of this customer's requests are being made: order more when one is done.`);
}

/** Makes room for one more. */
async function giveWay(trx: Knex.Transaction, { id: requestId, ownerId }: DatasetRequest): Promise<void> {
  const surplus = (exports: QueryBuilder<DatasetExport>, most: number) =>
    exports
      .orderBy('id', 'desc')
      .offset(most - 1)
      .select('id');
  const oldest = [
    ...(await surplus(DatasetExport.query(trx).where({ requestId }), MOST_OF_REQUEST)),
    ...(await surplus(ofCustomer(trx, ownerId), MOST_OF_CUSTOMER)),
  ];
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
