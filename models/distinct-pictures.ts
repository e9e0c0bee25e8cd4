import { Model } from 'objection';

/** Two pictures of which their owner said that they are no duplicates. Each pair of pictures stands in both directions. */
export class DistinctPictures extends Model {
  static override tableName = 'distinct_pictures';
  static override idColumn = ['ownerId', 'sha256', 'otherSha256', 'referenceId'];

  declare ownerId: string;
  declare sha256: Buffer;
  declare otherSha256: Buffer | null;
  declare referenceId: string | null;
  declare decidedBy: string | null;
  declare createdAt: Date;
}
