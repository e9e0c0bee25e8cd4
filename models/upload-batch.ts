import { Model } from 'objection';

export class UploadBatch extends Model {
  static override tableName = 'upload_batches';

  declare id: string;
  declare requestId: string | null;
  declare ownerId: string;
  declare createdAt: Date;
}
