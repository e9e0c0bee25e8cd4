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
  const unknown = classes.find((name) => !request.classes.includes(name));
  if (unknown !== undefined) {
    throw invalid('labels', `${unknown} is not a class of this request, which has: ${request.classes.join(', ')}.`);
  }
  await db.transaction(async (trx) => {
    // The lock orders this after or before the task's completion, never beside it.
    const { status } = await Task.query(trx).findById(task.id).forUpdate().throwIfNotFound();
    if (status === 'done') throw conflict('This task is done: its labels no longer change.');
    const image = await Image.query(trx).findOne({ id: imageId, requestId: request.id }).forKeyShare();
    if (!image || !(await isInTask(trx, task, imageId))) throw notFound('Image');
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

/** By the request as it is now: its images may have been dealt out since it was read. */
async function isInTask(trx: Knex.Transaction, { id, requestId }: Task, imageId: string): Promise<boolean> {
  const { overlap } = await DatasetRequest.query(trx).findById(requestId).select('overlap').throwIfNotFound();
  if (overlap === null) return true;
  return (await TaskImage.query(trx).findOne({ taskId: id, imageId })) !== undefined;
}
