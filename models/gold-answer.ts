import { Model, type RelationMappings } from 'objection';
import { Image } from './image.js';

/** The labels that an image is known to deserve: by them labelers are measured, who do not know which images have some. */
export class GoldAnswer extends Model {
  static override tableName = 'gold_answers';
  static override idColumn = 'imageId';

  declare imageId: string;
  declare requestId: string;
  declare classes: string[];
  declare answeredBy: string;
  declare createdAt: Date;

  declare image?: Image;

  static override get relationMappings(): RelationMappings {
    return {
      image: {
        relation: Model.BelongsToOneRelation,
        modelClass: Image,
        join: { from: 'gold_answers.imageId', to: 'images.id' },
      },
    };
  }
}
