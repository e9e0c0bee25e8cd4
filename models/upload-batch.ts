import { Model } from 'objection';

export class UploadBatch extends Model {
  static override tableName = 'upload_batches';

  declare id: string;
  /** Null: of clinical images. */
  declare requestId: string | null;
  declare ownerId: string;
  declare createdAt: Date;
}
