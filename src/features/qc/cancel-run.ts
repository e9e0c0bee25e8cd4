import type { Knex } from 'knex';
import { activeQcRunStatuses, QcRun } from '../../../models/qc-run.js';
import { conflict } from '../../errors.js';
import { isInHand } from './batches.js';
import { finishRun } from './finish-run.js';

/**
 * Cancels a request's active run: one that nobody works on, because it has not begun or waits to be tried again, ends
 * at once; one under way ends between two pictures. The results found so far stay.
 * @throws {DomainError} `conflict` when none is active.
 */
export async function cancelRun(db: Knex, requestId: string): Promise<void> {
  const [run] = await QcRun.query(db)
    .where({ requestId })
    .whereIn('status', [...activeQcRunStatuses])
    .patch({ cancelRequested: true })
    .returning('*');
  if (!run) throw conflict('No quality control of this request is running.');
  if (!(await isInHand(db, run))) await finishRun(db, run, 'cancelled');
}
