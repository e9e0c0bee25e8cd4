import { Model, type RelationMappings } from 'objection';
import { User } from './user.js';

export type Verdict = 'accepted' | 'returned';

/** What a reviewer once said of a task or of one image in it. Rows are only ever added. */
export class LabelReview extends Model {
  static override tableName = 'label_reviews';

  declare id: string;
  declare taskId: string;
  /** Null: of the task as a whole. */
  declare imageId: string | null;
  declare reviewerId: string;
  declare verdict: Verdict;
  declare comment: string;
  /** The labels that the image had then. */
  declare classes: string[] | null;
  declare createdAt: Date;

  declare reviewer?: User;

  static override get relationMappings(): RelationMappings {
    return {
      reviewer: {
        relation: Model.BelongsToOneRelation,
        modelClass: User,
        join: { from: 'label_reviews.reviewerId', to: 'users.id' },
      },
    };
  }
}
