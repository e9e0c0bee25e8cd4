import { Model } from 'objection';

export type TokenScope = 'read' | 'write';

/** A long-lived token for a program, kept as its SHA-256. */
export class PersonalAccessToken extends Model {
  static override tableName = 'personal_access_tokens';

  declare id: string;
  declare userId: string;
  declare name: string;
  declare scope: TokenScope;
  declare tokenHash: Buffer;
  declare createdAt: Date;
  declare expiresAt: Date;
  declare lastUsedAt: Date | null;
  declare revokedAt: Date | null;
}
