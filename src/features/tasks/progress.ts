import type { Knex } from 'knex';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Image } from '../../../models/image.js';
import { Label } from '../../../models/label.js';
import { Task } from '../../../models/task.js';

/** Without images rejected as duplicates. */
export interface TaskProgress {
  totalImages: number;
  /** Images with at least one label in this task. */
  labeledImages: number;
}

export async function taskProgress(db: Knex, task: Task): Promise<TaskProgress> {
  const accepted = Image.query(db).where('requestId', task.requestId).modify('accepted');
  const [totalImages, labeledImages] = await Promise.all([
    accepted.clone().resultSize(),
    Label.query(db)
      .where('taskId', task.id)
      .whereIn('imageId', accepted.clone().select('images.id'))
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
      .patch({ status: 'done', completedAt: new Date() });
    const open = await Task.query(trx).where('requestId', task.requestId).whereNot('status', 'done').first();
    if (!open) await DatasetRequest.query(trx).findById(task.requestId).patch({ status: 'completed' });
  });
}
