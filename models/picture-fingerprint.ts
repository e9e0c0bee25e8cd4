import { Model } from 'objection';

/** What two pictures are compared by, some 10 kB each, kept apart from the hashes that are searched. */
export class PictureFingerprint extends Model {
  static override tableName = 'picture_fingerprints';
  static override idColumn = ['sha256', 'analyserVersion'];

  declare sha256: Buffer;
  declare analyserVersion: string;
  /** PDQ hashes of the eight orientations, 32 bytes each. */
  declare dihedral: Buffer;
  declare descriptor: Buffer;
  declare evidence: Buffer;
  declare createdAt: Date;
}
