import type { Knex } from 'knex';
import { LabelReview, type Verdict } from '../../../models/label-review.js';
import type { Task } from '../../../models/task.js';
import { applyCursor } from '../../database/keyset.js';

/** What was last said of a task or an image. */
export interface StandingReview {
  verdict: Verdict;
  comment: string;
  reviewerUsername: string;
  createdAt: Date;
  /** Whether the labeler has done something about it since: labelled the image anew, handed the task in again. */
  addressed: boolean;
}

/** Of the task as a whole; null before the first review. */
export async function taskReview(db: Knex, task: Task): Promise<StandingReview | null> {
  const newest = await LabelReview.query(db)
    .where({ taskId: task.id })
    .whereNull('imageId')
    .withGraphFetched('reviewer')
    .orderBy('id', 'desc')
    .first();
  if (!newest) return null;
  const { verdict, comment, reviewer, createdAt } = newest;
  const addressed = verdict === 'returned' && task.status === 'done';
  return { verdict, comment, reviewerUsername: reviewer?.username ?? '', createdAt, addressed };
}

/** Of images in a task, by their ids; those never reviewed have none. */
export async function imageReviews(
  db: Knex,
  task: Task,
  imageIds: readonly string[],
): Promise<Map<string, StandingReview>> {
  const { rows } = await db.raw<{ rows: (StandingReview & { imageId: string })[] }>(
    `select distinct on (r.image_id) r.image_id as "imageId", r.verdict, r.comment, r.created_at as "createdAt",
       users.username as "reviewerUsername",
       coalesce(labels.updated_at > r.created_at, cardinality(r.classes) > 0) as addressed
     from label_reviews r
     join users on users.id = r.reviewer_id
     left join labels on labels.task_id = r.task_id and labels.image_id = r.image_id and labels.labeler_id = :labelerId
     where r.task_id = :taskId and r.image_id = any(:imageIds)
     order by r.image_id, r.id desc`,
    { taskId: task.id, labelerId: task.labelerId, imageIds: [...imageIds] },
  );
  return new Map(rows.map((row) => [row.imageId, row]));
}

/** All that was ever said of a task and its images, newest first: up to `limit + 1` rows, and how many in all. */
export async function listReviews(
  db: Knex,
  task: Task,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  const all = LabelReview.query(db).where('labelReviews.taskId', task.id);
  const page = all
    .clone()
    .withGraphFetched('reviewer')
    .limit(limit + 1);
  applyCursor(page, cursor, 'labelReviews.id');
  const [rows, total] = await Promise.all([page, all.resultSize()]);
  return { rows, total };
}
