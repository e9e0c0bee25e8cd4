import { Model } from 'objection';
import type { Stage } from './classification.js';

/** The newest classification of one user for one image: the one that counts. */
export class StandingClassification extends Model {
  static override tableName = 'standing_classifications';
  static override idColumn = ['imageId', 'userId'];

  declare imageId: string;
  declare userId: string;
  declare classificationId: string;
  /** The image's. */
  declare organizationId: string | null;
  declare stage: Stage;
  declare createdAt: Date;
}
