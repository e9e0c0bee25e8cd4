import { Model, type RelationMappings } from 'objection';
import { Label } from './label.js';

export class Image extends Model {
  static override tableName = 'images';

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
