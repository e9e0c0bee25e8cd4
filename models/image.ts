import { Model, type RelationMappings } from 'objection';
import { Label } from './label.js';

export class Image extends Model {
  static override tableName = 'images';

  declare id: string;
  declare requestId: string | null;
  declare batchId: string;
  declare ownerId: string;
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
