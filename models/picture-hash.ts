import { Model } from 'objection';

/**
 * A picture that a customer has uploaded, as far as searching goes. Rows are only ever added, and their numbers become
 * visible in order, so that a reader who remembers the last number he saw reads every row once.
 */
export class PictureHash extends Model {
  static override tableName = 'picture_hashes';
  static override idColumn = 'sequence';

  declare sequence: number;
  declare ownerId: string;
  declare sha256: Buffer;
  declare analyserVersion: string;
  declare pdq: Buffer;
  declare pdqQuality: number;
  /** 64 values of a byte each; null where an earlier release made the hash. */
  declare descriptor: Buffer | null;
  declare createdAt: Date;
}
