import { Model } from 'objection';

/** The classes one labeler put on one image of a task. */
export class Label extends Model {
  static override tableName = 'labels';

  declare id: string;
  declare taskId: string;
  declare imageId: string;
  declare labelerId: string;
  declare classes: string[];
  declare createdAt: Date;
  declare updatedAt: Date;
}
