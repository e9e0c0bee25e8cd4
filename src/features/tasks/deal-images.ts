import type { Knex } from 'knex';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Task } from '../../../models/task.js';
import { enqueue } from '../../queue/job.js';

const PAGE = 2000;

interface DealtImage {
  id: string;
  rejected: boolean;
  /** All labelers get an image whose answer is known. */
  gold: boolean;
  /** Who has it in a task already, done or not. */
  labelers: string[];
}

/** Has images that were uploaded later dealt out, too, where a request's tasks share them. */
export async function orderDealing(trx: Knex, requestId: string): Promise<void> {
  const shared = await DatasetRequest.query(trx).findById(requestId).whereNotNull('overlap').select('id');
  if (shared) await enqueue(trx, 'dealImages', { requestId }, `dealImages:${requestId}`);
}

/** Deals out what was uploaded since. */
export function dealUploaded(db: Knex, requestId: string): Promise<void> {
  return db.transaction(async (trx) => {
    const request = await DatasetRequest.query(trx).findById(requestId).forUpdate();
    if (request) await dealImages(trx, request);
  });
}

/**
 * Deals a request's images to its open tasks until each has as many labelers as the request's overlap says, always to
 * those who have least left to do, and to nobody whose account is no longer active. Images with a known answer go to
 * everybody. Where there are too few labelers an image waits for the next. Of a request without an overlap there is
 * nothing to deal.
 * @param trx holds the request's lock.
 * @param options.anew takes back first what nobody has labelled yet, so that who came last has his share of it.
 */
export async function dealImages(
  trx: Knex.Transaction,
  { id: requestId, overlap }: Pick<DatasetRequest, 'id' | 'overlap'>,
  { anew = false }: { anew?: boolean } = {},
): Promise<void> {
  if (overlap === null) return;
  // Whoever saves a label holds the lock of his task: no image is taken from him under his hands.
  const tasks = await Task.query(trx)
    .where({ requestId })
    .whereNot('status', 'done')
    .withGraphFetched('labeler')
    .orderBy('id')
    .forUpdate();
  if (anew) await takeBack(trx, requestId);
  const left = await countLeft(trx, requestId);
  const hands = tasks
    .filter(({ labeler }) => labeler?.isActive)
    .map(({ id, labelerId }) => ({ taskId: id, labelerId, left: left.get(id) ?? 0 }));
  if (hands.length === 0) return;

  // Rejected ones last: they are in no task, but for those that are brought back.
  for (const rejected of [false, true]) {
    for (let after: string | null = null, more = true; more;) {
      const page: DealtImage[] = await readPage(trx, { requestId, rejected, after });
      await insertDealt(
        trx,
        page.flatMap((image) => deal(image, hands, overlap)),
      );
      after = page.at(-1)?.id ?? null;
      more = page.length === PAGE;
    }
  }
}

interface Hand {
  taskId: string;
  labelerId: string;
  /** Images in it that are not labelled yet. */
  left: number;
}

function deal(image: DealtImage, hands: Hand[], overlap: number): { taskId: string; imageId: string }[] {
  const wanted = image.gold ? hands.length : overlap - image.labelers.length;
  const free = hands.filter(({ labelerId }) => !image.labelers.includes(labelerId));
  // By chance among equals, so that everybody shares images with everybody.
  const order = free.map((hand) => ({ hand, chance: Math.random() }));
  order.sort((a, b) => a.hand.left - b.hand.left || a.chance - b.chance);
  return order.slice(0, Math.max(0, wanted)).map(({ hand }) => {
    if (!image.rejected) hand.left += 1;
    return { taskId: hand.taskId, imageId: image.id };
  });
}

async function takeBack(trx: Knex.Transaction, requestId: string): Promise<void> {
  await trx.raw(
    `delete from task_images dealt using tasks
     where tasks.id = dealt.task_id and tasks.request_id = ? and tasks.status <> 'done'
       and not exists (select from labels where labels.task_id = dealt.task_id and labels.image_id = dealt.image_id)`,
    [requestId],
  );
}

async function countLeft(trx: Knex.Transaction, requestId: string): Promise<Map<string, number>> {
  const { rows } = await trx.raw<{ rows: { id: string; left: number }[] }>(
    `select tasks.id, count(*) as left from tasks join task_images dealt on dealt.task_id = tasks.id
     where tasks.request_id = ? and tasks.status <> 'done'
       and not exists (select from labels where labels.task_id = dealt.task_id and labels.image_id = dealt.image_id)
     group by tasks.id`,
    [requestId],
  );
  return new Map(rows.map((row) => [row.id, row.left]));
}

async function readPage(
  trx: Knex.Transaction,
  scope: { requestId: string; rejected: boolean; after: string | null },
): Promise<DealtImage[]> {
  const { rows } = await trx.raw<{ rows: DealtImage[] }>(
    `with page as materialized (
       select id, duplicate_decision is not distinct from 'reject' as rejected from images
       where request_id = :requestId and (duplicate_decision is not distinct from 'reject') = :rejected
         and (cast(:after as uuid) is null or id > :after)
       order by id limit ${PAGE}
     )
     select id, rejected,
       exists (select from gold_answers where gold_answers.image_id = page.id) as gold,
       array(select distinct tasks.labeler_id from task_images dealt join tasks on tasks.id = dealt.task_id
             where dealt.image_id = page.id) as labelers
     from page order by id`,
    scope,
  );
  return rows;
}

/** Not of images that were deleted meanwhile. */
async function insertDealt(
  trx: Knex.Transaction,
  dealt: readonly { taskId: string; imageId: string }[],
): Promise<void> {
  if (dealt.length === 0) return;
  await trx.raw(
    `insert into task_images (task_id, image_id)
     select dealt.task_id, images.id
     from unnest(cast(:taskIds as uuid[]), cast(:imageIds as uuid[])) as dealt (task_id, image_id)
     join images on images.id = dealt.image_id
     for key share of images
     on conflict do nothing`,
    { taskIds: dealt.map(({ taskId }) => taskId), imageIds: dealt.map(({ imageId }) => imageId) },
  );
}
