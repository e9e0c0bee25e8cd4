import type { Knex } from 'knex';
import { UniqueViolationError } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Label } from '../../../models/label.js';
import { LabelReview, type Verdict } from '../../../models/label-review.js';
import { Task } from '../../../models/task.js';
import { conflict, invalid } from '../../errors.js';
import type { Actor } from '../auth/actor.js';
import { findTask } from './find.js';
import { imagesOf } from './images.js';

export interface TaskReview {
  /** Of the task as a whole. Absent: only of the images named. */
  verdict?: Verdict | undefined;
  comment: string;
  images: readonly { imageId: string; verdict: Verdict; comment: string }[];
  /** Returns a task that was accepted before. */
  reopen: boolean;
}

/**
 * Puts on record what a reviewer says of a task that was handed in, and of images in it. A task that he returns is its
 * labeler's to work on again, with what was said. Of two reviewers at once one is the first, and the other is told.
 * @throws {DomainError} `not_found`, `forbidden`, `conflict` where the task is not there to be reviewed, `invalid`
 * naming `comment`, `images` or `verdict`.
 */
export async function reviewTask(db: Knex, actor: Actor, taskId: string, review: TaskReview): Promise<Task> {
  const { task: found } = await findTask(db, actor, taskId, 'review');
  checkWords(review);
  return db.transaction(async (trx) => {
    // As handing in does: the request first, then its task.
    await DatasetRequest.query(trx).findById(found.requestId).forUpdate();
    await Task.query(trx).findById(found.id).forUpdate();
    const { task, request } = await findTask(trx, actor, taskId, 'review');
    checkState(task, review);
    await record(trx, actor, { task, request }, review);
    if (review.verdict === 'accepted') return Task.query(trx).patchAndFetchById(task.id, { review: 'accepted' });
    return review.verdict === 'returned' ? giveBack(trx, task) : task;
  });
}

function checkWords({ verdict, comment, images }: TaskReview): void {
  const returned = images.filter((image) => image.verdict === 'returned');
  if (verdict === undefined && images.length === 0) {
    throw invalid('verdict', 'Say what you think of the task, or of some of its images.');
  }
  if (verdict === 'accepted' && returned.length > 0) {
    throw invalid('verdict', 'A task is not accepted together with images that are returned: return it.');
  }
  if (verdict === 'returned' && comment === '' && returned.length === 0) {
    throw invalid('comment', 'Say what the labeler is to do better.');
  }
}

function checkState({ status, review }: Task, { verdict, reopen }: TaskReview): void {
  if (status !== 'done') {
    const returned = review === 'returned' ? 'This task was returned to its labeler' : 'This task is not handed in yet';
    throw conflict(`${returned}: it is reviewed once he has handed it in.`);
  }
  if (review === 'accepted' && !(verdict === 'returned' && reopen)) {
    throw conflict('This task was accepted already. To return it all the same, say reopen.');
  }
}

async function record(
  trx: Knex.Transaction,
  actor: Actor,
  found: Awaited<ReturnType<typeof findTask>>,
  { verdict, comment, images }: TaskReview,
): Promise<void> {
  const { task } = found;
  const ids = [...new Set(images.map(({ imageId }) => imageId))];
  if (ids.length < images.length) throw invalid('images', 'Name each image once.');
  const there = await imagesOf(trx, found).findByIds(ids).select('images.id').forKeyShare();
  const absent = ids.find((id) => !there.some((image) => image.id === id));
  if (absent !== undefined) throw invalid('images', `There is no image ${absent} in this task.`);

  const labels = await Label.query(trx).where({ taskId: task.id, labelerId: task.labelerId }).whereIn('imageId', ids);
  const classesOf = new Map(labels.map(({ imageId, classes }) => [imageId, classes]));
  const said = { taskId: task.id, reviewerId: actor.id };
  const rows = images.map(({ imageId, ...words }) => ({
    ...said,
    ...words,
    id: uuidv7(),
    imageId,
    classes: classesOf.get(imageId) ?? [],
  }));
  const ofTask =
    verdict === undefined ? [] : [{ ...said, id: uuidv7(), verdict, comment, imageId: null, classes: null }];
  await LabelReview.query(trx).insert([...rows, ...ofTask]);
}

async function giveBack(trx: Knex.Transaction, task: Task): Promise<Task> {
  try {
    const returned = await Task.query(trx).patchAndFetchById(task.id, {
      status: 'in_progress',
      review: 'returned',
      completedAt: null,
    });
    await DatasetRequest.query(trx)
      .findById(task.requestId)
      .where('status', 'completed')
      .patch({ status: 'in_progress' });
    return returned;
  } catch (error) {
    if (error instanceof UniqueViolationError && error.constraint === 'tasks_one_open') {
      throw conflict('Its labeler has a newer task on this request in hand: have him finish that first.');
    }
    throw error;
  }
}
