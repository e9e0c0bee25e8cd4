import { Model } from 'objection';

/** An image that was dealt to a task, where a request's tasks share its images. */
export class TaskImage extends Model {
  static override tableName = 'task_images';
  static override idColumn = ['taskId', 'imageId'];

  declare taskId: string;
  declare imageId: string;
}
