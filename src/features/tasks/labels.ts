import type { Knex } from 'knex';
import { raw } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Image } from '../../../models/image.js';
import { Label } from '../../../models/label.js';
import { Task } from '../../../models/task.js';
import { TaskImage } from '../../../models/task-image.js';
import { conflict, invalid, notFound } from '../../errors.js';

/**
 * Replaces the labels one labeler gave one image; an empty list clears them. The first label starts the task.
 * @throws {DomainError} `invalid` naming `labels` for a class the request does not have, `not_found` for an image of
 * another request or task, `conflict` once the task is done or the image rejected.
 */
export async function saveLabels(
  db: Knex,
  { task, request, labelerId }: { task: Task; request: DatasetRequest; labelerId: string },
  { imageId, classes }: { imageId: string; classes: readonly string[] },
): Promise<void> {
  await db.transaction(async (trx) => {
    // The lock orders this after or before the task's completion, never beside it.
    const locked = await Task.query(trx).findById(task.id).forUpdate();
    // As it is now: classes may have been taken away since it was read, and images dealt out.
    const order = await DatasetRequest.query(trx).findById(request.id);
    if (!locked || !order || order.deletedAt) throw notFound('Task');
    const { status } = locked;
    const { classes: known, overlap } = order;
    if (status === 'done') throw conflict('This task is done: its labels no longer change.');
    const unknown = classes.find((name) => !known.includes(name));
    if (unknown !== undefined) {
      throw invalid('labels', `${unknown} is not a class of this request, which has: ${known.join(', ')}.`);
    }
    const image = await Image.query(trx).findOne({ id: imageId, requestId: request.id }).forKeyShare();
    if (!image || !(overlap === null || (await wasDealt(trx, task, imageId)))) throw notFound('Image');
    if (image.duplicateDecision === 'reject') throw conflict('This image was rejected as a duplicate.');

    if (classes.length === 0) {
      await Label.query(trx).delete().where({ taskId: task.id, imageId, labelerId });
      return;
    }
    await Label.query(trx)
      .insert({ id: uuidv7(), taskId: task.id, imageId, labelerId, classes: [...new Set(classes)] })
      .onConflict(['taskId', 'imageId', 'labelerId'])
      .merge({ classes: [...new Set(classes)], updatedAt: raw('now()') });
    if (status === 'assigned') await Task.query(trx).findById(task.id).patch({ status: 'in_progress' });
  });
}

async function wasDealt(trx: Knex.Transaction, { id }: Task, imageId: string): Promise<boolean> {
  return (await TaskImage.query(trx).findOne({ taskId: id, imageId })) !== undefined;
}
