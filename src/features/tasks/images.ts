import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import type { DatasetRequest } from '../../../models/dataset-request.js';
import { Image } from '../../../models/image.js';
import type { Task } from '../../../models/task.js';
import { TaskImage } from '../../../models/task-image.js';
import { applyCursor } from '../../database/keyset.js';

/** A task and the request it is on. */
export interface TaskOnRequest {
  task: Pick<Task, 'id'>;
  request: Pick<DatasetRequest, 'id' | 'overlap'>;
}

/** The images of a task, without rejected duplicates: all of its request, or what was dealt to it. */
export function imagesOf(db: Knex, { task, request }: TaskOnRequest): QueryBuilder<Image> {
  const images = Image.query(db).where('images.requestId', request.id).modify('accepted');
  if (request.overlap === null) return images;
  return images.whereIn('images.id', TaskImage.query(db).where('taskId', task.id).select('imageId'));
}

/**
 * A task's images, without rejected duplicates, with the labels that one labeler put on them in it, oldest first: up to
 * `limit + 1` rows, and how many there are in all.
 */
export async function taskImages(
  db: Knex,
  found: TaskOnRequest,
  labelerId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  const all = imagesOf(db, found);
  const page = all
    .clone()
    .withGraphFetched('labels')
    .modifyGraph('labels', (labels) => void labels.where({ taskId: found.task.id, labelerId }))
    .limit(limit + 1);
  applyCursor(page, cursor, 'images.id', 'asc');
  const [rows, total] = await Promise.all([page, all.resultSize()]);
  return { rows, total };
}

/** How many images each of these tasks has, by task id. */
export async function countTaskImages(db: Knex, tasks: readonly Task[]): Promise<Map<string, number>> {
  const isShared = ({ request }: Task) => typeof request?.overlap === 'number';
  const [shared, whole] = [tasks.filter(isShared), tasks.filter((task) => !isShared(task))];
  const ofRequest: unknown = await Image.query(db)
    .whereIn('requestId', [...new Set(whole.map(({ requestId }) => requestId))])
    .modify('accepted')
    .groupBy('requestId')
    .select('requestId as id')
    .count({ images: '*' });
  const ofTask: unknown = await TaskImage.query(db)
    .joinRaw('join images on images.id = task_images.image_id')
    .whereIn(
      'taskId',
      shared.map(({ id }) => id),
    )
    .whereRaw(`images.duplicate_decision is distinct from 'reject'`)
    .groupBy('taskId')
    .select('taskId as id')
    .count({ images: '*' });
  const counts = new Map(
    [...(ofRequest as Count[]), ...(ofTask as Count[])].map(({ id, images }) => [id, images] as const),
  );
  return new Map(tasks.map((task) => [task.id, counts.get(isShared(task) ? task.id : task.requestId) ?? 0]));
}

interface Count {
  id: string;
  images: number;
}
