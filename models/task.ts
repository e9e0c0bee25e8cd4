import { Model, type RelationMappings } from 'objection';
import { DatasetRequest } from './dataset-request.js';
import { User } from './user.js';

export type TaskStatus = 'assigned' | 'in_progress' | 'done';

/** A request in a labeler's hands. */
export class Task extends Model {
  static override tableName = 'tasks';

  declare id: string;
  declare requestId: string;
  declare labelerId: string;
  declare assignedBy: string;
  declare status: TaskStatus;
  /** What the newest review said, until the task is handed in again. */
  declare review: 'accepted' | 'returned' | null;
  declare createdAt: Date;
  declare completedAt: Date | null;

  declare request?: DatasetRequest;
  declare labeler?: User;

  static override get relationMappings(): RelationMappings {
    return {
      request: {
        relation: Model.BelongsToOneRelation,
        modelClass: DatasetRequest,
        join: { from: 'tasks.requestId', to: 'requests.id' },
      },
      labeler: {
        relation: Model.BelongsToOneRelation,
        modelClass: User,
        join: { from: 'tasks.labelerId', to: 'users.id' },
      },
    };
  }
}
