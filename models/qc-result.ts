import { Model, type RelationMappings } from 'objection';
import { Image } from './image.js';
import { ReferenceImage } from './reference-image.js';

export class QcResult extends Model {
  static override tableName = 'qc_results';
  static override idColumn = 'imageId';

  declare imageId: string;
  declare requestId: string;
  declare runId: string;
  declare duplicateScore: number;
  declare matchRelation: 'exact' | 'near' | null;
  declare matchedImageId: string | null;
  declare referenceId: string | null;
  declare aiGeneratedScore: number;
  declare findings: string[];
  /** Why the picture could not be decoded. */
  declare error: string | null;
  declare createdAt: Date;

  declare image?: Image;
  declare matchedImage?: Image | null;
  declare reference?: ReferenceImage | null;

  static override get relationMappings(): RelationMappings {
    const belongsTo = (modelClass: typeof Model, from: string, to: string) => ({
      relation: Model.BelongsToOneRelation,
      modelClass,
      join: { from: `qc_results.${from}`, to },
    });
    return {
      image: belongsTo(Image, 'imageId', 'images.id'),
      matchedImage: belongsTo(Image, 'matchedImageId', 'images.id'),
      reference: belongsTo(ReferenceImage, 'referenceId', 'reference_images.id'),
    };
  }
}
