import type { Knex } from 'knex';
import { raw } from 'objection';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Label } from '../../../models/label.js';
import { Task } from '../../../models/task.js';
import { imagesOf, type TaskOnRequest } from './images.js';

/** Without images rejected as duplicates. */
export interface TaskProgress {
  totalImages: number;
  /** Images with at least one label in this task. */
  labeledImages: number;
}

export async function taskProgress(db: Knex, found: TaskOnRequest): Promise<TaskProgress> {
  const images = imagesOf(db, found);
  const [totalImages, labeledImages] = await Promise.all([
    images.clone().resultSize(),
    Label.query(db)
      .where('taskId', found.task.id)
      .whereIn('imageId', images.clone().select('images.id'))
      .distinct('imageId')
      .resultSize(),
  ]);
  return { totalImages, labeledImages };
}

/** Ends a task, and with the last open one its request. Ending it twice changes nothing. */
export async function completeTask(db: Knex, task: Task): Promise<void> {
  await db.transaction(async (trx) => {
    // The request's lock lets the later of two last tasks see that the other is done.
    await DatasetRequest.query(trx).findById(task.requestId).forUpdate();
    await Task.query(trx)
      .findById(task.id)
      .whereNot('status', 'done')
      .patch({ status: 'done', completedAt: raw('now()'), review: null });
    const open = await Task.query(trx).where('requestId', task.requestId).whereNot('status', 'done').first();
    if (!open) await DatasetRequest.query(trx).findById(task.requestId).patch({ status: 'completed' });
  });
}
