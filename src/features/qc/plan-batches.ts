import type { Knex } from 'knex';
import { raw } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { QcBatch } from '../../../models/qc-batch.js';
import { activeQcRunStatuses, QcRun } from '../../../models/qc-run.js';
import { WorkerProcess } from '../../../models/worker-process.js';
import { enqueue, LONG_CONCURRENCY } from '../../queue/job.js';
import { finishRun } from './finish-run.js';
import { notLookedAt } from './not-looked-at.js';

/** Pictures still to be analysed in a batch: results appear at this pace. */
const MOST_TO_ANALYSE = 16;
/** Pictures of a batch in all: those analysed before cost next to nothing, and are searched the better the more there are. */
const MOST_PICTURES = 512;
/** Batches of an owner in the queue or in hand, for each place of a worker process: one in hand and one to follow. */
const BATCHES_A_PLACE = 2;

/** The key that a batch's job bears in the queue. */
export const batchJobKey = (batchId: string) => `examineBatch:${batchId}`;

/**
 * Cuts the next batches of an owner's runs, in turns, until as many are in the queue as keep the workers busy. No owner
 * ever has more there, whatever the size and number of his runs, so that the queue stays short, and whoever comes next
 * waits for few. Runs that nothing is left of are finished. To be called under the owner's lock.
 */
export async function planBatches(
  trx: Knex.Transaction,
  { ownerId, analyserVersion }: { ownerId: string; analyserVersion: string },
): Promise<void> {
  const open = await QcBatch.query(trx).where({ ownerId }).resultSize();
  for (let room = (await mostOpen(trx)) - open; room > 0;) {
    const run = await nextToCut(trx, ownerId);
    if (!run) return;
    if (await cutBatch(trx, run, { ownerId, analyserVersion })) room -= 1;
    else await moveOn(trx, run);
  }
}

/**
 * Takes a run whose batches are all done to what comes next: the customer's other uploads, or its end, which it comes to
 * at once where somebody asked meanwhile for its cancelling. To be called under the owner's lock when one of its batches
 * is gone.
 */
export async function moveOn(trx: Knex.Transaction, { id }: Pick<QcRun, 'id'>): Promise<void> {
  if (await QcBatch.query(trx).findOne({ runId: id })) return;
  // Who asks for its cancelling waits, and then finds what it has come to.
  const run = await QcRun.query(trx).findById(id).forUpdate();
  if (run?.planning === 'uploads_cut' || (run?.planning === 'request_cut' && run.scope === 'request')) {
    await finishRun(trx, run, 'completed');
  } else if (run?.cancelRequested) {
    await finishRun(trx, run, 'cancelled');
  } else if (run?.planning === 'request_cut') {
    await QcRun.query(trx).findById(id).patch({ planning: 'uploads', plannedTo: null });
  }
}

async function mostOpen(trx: Knex.Transaction): Promise<number> {
  const processes = await WorkerProcess.query(trx).resultSize();
  return Math.max(1, processes) * LONG_CONCURRENCY * BATCHES_A_PLACE;
}

/** The run whose turn it is: the one that was served least recently. */
async function nextToCut(trx: Knex.Transaction, ownerId: string): Promise<QcRun | undefined> {
  return QcRun.query(trx)
    .join('requests', 'requests.id', 'qcRuns.requestId')
    .where('requests.ownerId', ownerId)
    .whereIn('qcRuns.status', [...activeQcRunStatuses])
    .where('qcRuns.cancelRequested', false)
    .whereIn('qcRuns.planning', ['request', 'uploads'])
    .orderByRaw('qc_runs.planned_at nulls first, qc_runs.id')
    .select('qcRuns.*')
    .first();
}

/** @returns false where nothing is left to cut. */
async function cutBatch(
  trx: Knex.Transaction,
  run: QcRun,
  owner: { ownerId: string; analyserVersion: string },
): Promise<boolean> {
  const part = run.planning === 'request' ? 'request' : 'uploads';
  const range = part === 'request' ? await rangeOfRequest(trx, run, owner) : await rangeOfUploads(trx, run, owner);
  await QcRun.query(trx)
    .findById(run.id)
    .patch({
      ...(range && { plannedTo: range.lastImageId, plannedAt: raw('clock_timestamp()') }),
      ...((!range || range.isLast) && { planning: `${part}_cut` }),
    });
  if (!range) return false;
  const { firstImageId, lastImageId } = range;
  await addBatch(trx, { runId: run.id, ownerId: owner.ownerId, part, crashes: 0, firstImageId, lastImageId });
  return true;
}

/** Puts a batch, and the job that examines it, where the workers find them. */
export async function addBatch(
  trx: Knex.Transaction,
  batch: Pick<QcBatch, 'runId' | 'ownerId' | 'part' | 'crashes' | 'firstImageId' | 'lastImageId'>,
): Promise<void> {
  const id = uuidv7();
  await QcBatch.query(trx).insert({ id, ...batch });
  await enqueue(trx, 'examineBatch', { batchId: id }, batchJobKey(id));
}

interface Range extends Pick<QcBatch, 'firstImageId' | 'lastImageId'> {
  /** Whether nothing is left behind it. */
  isLast: boolean;
}

async function rangeOfRequest(
  trx: Knex.Transaction,
  { requestId, plannedTo }: QcRun,
  { analyserVersion }: { analyserVersion: string },
): Promise<Range | undefined> {
  const { rows } = await trx.raw<{ rows: { id: string; ofAll: number }[] }>(
    `with next as (
       select image.id, analysis.sha256 is null as missing
       from images image
       left join image_analyses analysis on analysis.sha256 = image.sha256 and analysis.analyser_version = :analyserVersion
       where image.request_id = :requestId and (cast(:plannedTo as uuid) is null or image.id > :plannedTo)
       order by image.id limit :most
     ), counted as (
       select id, count(*) filter (where missing) over (order by id) as missing from next
     )
     select id, (select count(*) from counted) as "ofAll" from counted where missing <= :mostMissing order by id`,
    { analyserVersion, requestId, plannedTo, most: MOST_PICTURES, mostMissing: MOST_TO_ANALYSE },
  );
  return rangeOf(rows, rows.length === rows[0]?.ofAll && rows.length < MOST_PICTURES);
}

async function rangeOfUploads(
  trx: Knex.Transaction,
  { plannedTo }: QcRun,
  owner: { ownerId: string; analyserVersion: string },
): Promise<Range | undefined> {
  const images = await notLookedAt(trx, owner)
    .modify((query) => {
      if (plannedTo !== null) void query.where('images.id', '>', plannedTo);
    })
    .orderBy('images.id')
    .limit(MOST_TO_ANALYSE)
    .select('images.id');
  return rangeOf(images, images.length < MOST_TO_ANALYSE);
}

function rangeOf(rows: readonly { id: string }[], isLast: boolean): Range | undefined {
  const [first, last] = [rows[0], rows.at(-1)];
  return first && last && { firstImageId: first.id, lastImageId: last.id, isLast };
}
