import { Model } from 'objection';

/** What a picture's bytes have to do with another's, or with a reference: a fact about bytes, whoever uploaded them. */
export class PictureMatch extends Model {
  static override tableName = 'picture_matches';
  static override idColumn = ['sha256', 'analyserVersion', 'otherSha256', 'referenceId'];
  static override jsonAttributes = ['evidence'];

  declare sha256: Buffer;
  declare analyserVersion: string;
  declare otherSha256: Buffer | null;
  declare referenceId: string | null;
  declare score: number;
  declare relation: 'copy' | 'near_shot';
  /** What was done to the other to make this one. */
  declare transformation: string[];
  declare evidence: Record<string, unknown>;
  declare createdAt: Date;
}
