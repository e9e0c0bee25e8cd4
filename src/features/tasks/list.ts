import type { Knex } from 'knex';
import type { TaskStatus } from '../../../models/task.js';
import { applyCursor } from '../../database/keyset.js';
import type { Actor } from '../auth/actor.js';
import { readableTasks } from './find.js';
import { countTaskImages } from './images.js';
import type { ReviewStatus } from './review-status.js';

export interface TaskFilter {
  status?: TaskStatus | undefined;
  requestId?: string | undefined;
  reviewStatus?: ReviewStatus | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** The tasks the actor may read with their requests, newest first: up to `limit + 1` rows, and how many in all. */
export async function listTasks(db: Knex, actor: Actor, filter: TaskFilter) {
  const { status, requestId, reviewStatus, limit, cursor } = filter;
  const matching = readableTasks(db, actor).modify((query) => {
    if (status) void query.where('tasks.status', status);
    if (requestId) void query.where('tasks.requestId', requestId);
    if (reviewStatus === 'pending') void query.where('tasks.status', 'done').whereNull('tasks.review');
    else if (reviewStatus) void query.where('tasks.review', reviewStatus);
  });
  const page = matching
    .clone()
    .select('tasks.*')
    .withGraphFetched('[request, labeler]')
    .limit(limit + 1);
  applyCursor(page, cursor, 'tasks.id');
  const [rows, total] = await Promise.all([page, matching.resultSize()]);
  const images = await countTaskImages(db, rows);
  return { rows: rows.map((task) => ({ task, imagesCount: images.get(task.id) ?? 0 })), total };
}
