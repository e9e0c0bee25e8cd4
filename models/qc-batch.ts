import { Model } from 'objection';

/** A range of a run's pictures that waits for a worker or is in one's hands; it is deleted when its results are written. */
export class QcBatch extends Model {
  static override tableName = 'qc_batches';

  declare id: string;
  declare runId: string;
  declare ownerId: string;
  /** Of the request's pictures, or of what else the customer uploaded. */
  declare part: 'request' | 'uploads';
  declare firstImageId: string;
  declare lastImageId: string;
  /** Null while nobody works on it. */
  declare takenAt: Date | null;
  /** How many processes died while they worked on it. */
  declare crashes: number;
  declare createdAt: Date;
}
