import { Model } from 'objection';

/** A storage key that was handed out for one direct upload and not yet turned into an image. */
export class PresignedUpload extends Model {
  static override tableName = 'presigned_uploads';
  static override idColumn = 'key';

  declare key: string;
  declare requestId: string;
  declare userId: string;
  declare filename: string;
  declare contentType: string;
  declare expiresAt: Date;
  declare completedAt: Date | null;
  declare createdAt: Date;
}
