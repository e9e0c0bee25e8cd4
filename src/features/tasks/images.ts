import type { Knex } from 'knex';
import { Image } from '../../../models/image.js';
import type { Task } from '../../../models/task.js';
import { applyCursor } from '../../database/keyset.js';

/**
 * A task's images, without rejected duplicates, with the labels that one labeler put on them in it, oldest first: up to `limit + 1` rows, and how
 * many there are in all.
 */
export async function taskImages(
  db: Knex,
  task: Task,
  labelerId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  const all = Image.query(db).where('requestId', task.requestId).modify('accepted');
  const page = all
    .clone()
    .withGraphFetched('labels')
    .modifyGraph('labels', (labels) => void labels.where({ taskId: task.id, labelerId }))
    .limit(limit + 1);
  applyCursor(page, cursor, 'images.id', 'asc');
  const [rows, total] = await Promise.all([page, all.resultSize()]);
  return { rows, total };
}
