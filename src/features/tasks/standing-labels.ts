import type { Knex } from 'knex';
import type { TaskStatus } from '../../../models/task.js';

/** What one labeler says of an image: of what he said in several tasks, the newest counts. */
export interface StandingLabel {
  imageId: string;
  labelerId: string;
  classes: string[];
  labeledAt: Date;
  taskStatus: TaskStatus;
}

/** By image id, in the order of the labelers' ids; images without labels have no entry. */
export async function standingLabels(db: Knex, imageIds: readonly string[]): Promise<Map<string, StandingLabel[]>> {
  const { rows } = await db.raw<{ rows: StandingLabel[] }>(
    `select distinct on (labels.image_id, labels.labeler_id)
       labels.image_id as "imageId", labels.labeler_id as "labelerId", labels.classes,
       labels.updated_at as "labeledAt", tasks.status as "taskStatus"
     from labels join tasks on tasks.id = labels.task_id
     where labels.image_id = any(?)
     order by labels.image_id, labels.labeler_id, labels.updated_at desc, labels.id desc`,
    [[...imageIds]],
  );
  const byImage = new Map<string, StandingLabel[]>();
  for (const row of rows) byImage.set(row.imageId, [...(byImage.get(row.imageId) ?? []), row]);
  return byImage;
}
