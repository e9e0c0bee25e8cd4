import type { Knex } from 'knex';
import { Image } from '../../../models/image.js';
import { Task, type TaskStatus } from '../../../models/task.js';
import { applyCursor } from '../../database/keyset.js';
import type { Actor } from '../auth/actor.js';
import { onlyReadable } from './find.js';

export interface TaskFilter {
  status?: TaskStatus | undefined;
  requestId?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** The tasks the actor may read with their requests, newest first: up to `limit + 1` rows, and how many in all. */
export async function listTasks(db: Knex, actor: Actor, { status, requestId, limit, cursor }: TaskFilter) {
  const matching = onlyReadable(Task.query(db).joinRelated('request'), actor).modify((query) => {
    if (status) void query.where('tasks.status', status);
    if (requestId) void query.where('tasks.requestId', requestId);
  });
  const page = matching
    .clone()
    .select('tasks.*')
    .withGraphFetched('[request, labeler]')
    .limit(limit + 1);
  applyCursor(page, cursor, 'tasks.id');
  const [rows, total] = await Promise.all([page, matching.resultSize()]);
  const imagesOf = await countImages(db, [...new Set(rows.map((task) => task.requestId))]);
  return { rows: rows.map((task) => ({ task, imagesCount: imagesOf.get(task.requestId) ?? 0 })), total };
}

async function countImages(db: Knex, requestIds: readonly string[]): Promise<Map<string, number>> {
  const counts: unknown = await Image.query(db)
    .whereIn('requestId', requestIds)
    .modify('accepted')
    .groupBy('requestId')
    .select('requestId')
    .count({ images: '*' });
  return new Map((counts as { requestId: string; images: number }[]).map((row) => [row.requestId, row.images]));
}
