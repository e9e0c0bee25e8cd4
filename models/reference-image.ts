import { Model } from 'objection';

/** A picture known to the world, by its hash and its address. */
export class ReferenceImage extends Model {
  static override tableName = 'reference_images';

  declare id: string;
  declare sourceUrl: string;
  declare pdq: Buffer;
  declare pdqQuality: number;
  declare sequence: number;
  /** Null where only the hash is known, as are the two after it. */
  declare sha256: Buffer | null;
  declare analyserVersion: string | null;
  declare descriptor: Buffer | null;
  declare createdAt: Date;
}
