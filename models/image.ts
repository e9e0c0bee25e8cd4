import { Model, type Modifiers, type QueryBuilder, type RelationMappings } from 'objection';
import { Label } from './label.js';

export class Image extends Model {
  static override tableName = 'images';

  static override modifiers: Modifiers<QueryBuilder<Image>> = {
    /** Those that were not rejected as copies of others. */
    accepted: (images) => void images.whereRaw(`images.duplicate_decision is distinct from 'reject'`),
  };

  declare id: string;
  /** Null: a clinical image. */
  declare requestId: string | null;
  declare batchId: string;
  declare ownerId: string;
  /** A clinical image's: always its owner's. Null for those of a request, which has its own. */
  declare organizationId: string | null;
  declare filename: string;
  declare storageKey: string;
  declare etag: string;
  declare sha256: Buffer;
  declare bytes: number;
  declare contentType: 'image/jpeg' | 'image/png' | 'image/webp';
  declare width: number;
  declare height: number;
  declare thumbnailKey: string | null;
  declare thumbnailFailed: boolean;
  /** What was decided on it as a copy of another; a rejected image is in no task. */
  declare duplicateDecision: 'keep' | 'reject' | null;
  declare decidedBy: string | null;
  declare decidedAt: Date | null;
  declare createdAt: Date;

  declare labels?: Label[];

  static override get relationMappings(): RelationMappings {
    return {
      labels: {
        relation: Model.HasManyRelation,
        modelClass: Label,
        join: { from: 'images.id', to: 'labels.imageId' },
      },
    };
  }
}
