import type { Knex } from 'knex';
import { raw } from 'objection';
import { Image } from '../../../models/image.js';
import { QcBatch } from '../../../models/qc-batch.js';
import { QcRun } from '../../../models/qc-run.js';
import { finishRun } from './finish-run.js';
import { lockMatches } from './match/lock-matches.js';
import { addBatch } from './plan-batches.js';

/**
 * Takes a batch in hand, and its run becomes one that is under way. A batch that is in somebody's hand already was in
 * that of a process that died, or is thought to have: that counts as a crash.
 * @returns undefined where it is done, or its run has ended.
 */
export async function takeBatch(db: Knex, batchId: string): Promise<QcBatch | undefined> {
  const [batch] = await QcBatch.query(db)
    .where({ id: batchId })
    .patch({ takenAt: raw('now()'), crashes: raw('crashes + (taken_at is not null)::int') })
    .returning('*');
  if (!batch) return undefined;
  await QcRun.query(db)
    .findById(batch.runId)
    .where('status', 'queued')
    .patch({ status: 'running', startedAt: raw('coalesce(started_at, now())') });
  return batch;
}

/** Puts a batch out of hand in good order, its job along with it. */
export async function giveBack(
  db: Knex,
  { id }: QcBatch,
  again: (trx: Knex.Transaction) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await db.transaction(async (trx) => {
    const present = await QcBatch.query(trx).findById(id).patch({ takenAt: null });
    if (present > 0) await again(trx);
  });
}

/**
 * Takes a batch away whose results are to be written in the same transaction.
 * @returns false where somebody else has.
 */
export async function turnIn(trx: Knex.Transaction, { id }: QcBatch): Promise<boolean> {
  return (await QcBatch.query(trx).deleteById(id)) > 0;
}

/** Takes away a batch of a run that was cancelled, which ends once none of them is in anybody's hand. */
export async function endCancelled(db: Knex, batch: QcBatch): Promise<void> {
  await db.transaction(async (trx) => {
    await lockMatches(trx, batch.ownerId);
    if (!(await turnIn(trx, batch))) return;
    const run = await QcRun.query(trx).findById(batch.runId);
    if (run && !(await isInHand(trx, run))) await finishRun(trx, run, 'cancelled');
  });
}

export async function isInHand(db: Knex, { id }: Pick<QcRun, 'id'>): Promise<boolean> {
  return (await QcBatch.query(db).where({ runId: id }).whereNotNull('takenAt').first()) !== undefined;
}

/**
 * Makes two batches of one that took processes along, each with a job of its own.
 * @returns whether it is dealt with: by two halves, or by another process that was faster. False where it holds a single
 * picture.
 */
export async function splitBatch(db: Knex, batch: QcBatch): Promise<boolean> {
  const { runId, ownerId, part, crashes, firstImageId, lastImageId } = batch;
  if (firstImageId === lastImageId) return false;
  return db.transaction(async (trx) => {
    const images = await Image.query(trx)
      .where(
        part === 'request'
          ? { requestId: (await QcRun.query(trx).findById(runId).throwIfNotFound()).requestId }
          : { ownerId },
      )
      .whereBetween('id', [firstImageId, lastImageId])
      .orderBy('id')
      .select('id');
    const middle = images[Math.ceil(images.length / 2) - 1];
    const next = images[Math.ceil(images.length / 2)];
    if (!middle || !next) return false;
    if (!(await turnIn(trx, batch))) return true;
    const half = { runId, ownerId, part, crashes: crashes - 1 };
    await addBatch(trx, { ...half, firstImageId, lastImageId: middle.id });
    await addBatch(trx, { ...half, firstImageId: next.id, lastImageId });
    return true;
  });
}
