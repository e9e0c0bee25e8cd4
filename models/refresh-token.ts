import { Model } from 'objection';

/** A refresh token given out, by its `jti`. */
export class RefreshToken extends Model {
  static override tableName = 'refresh_tokens';

  declare id: string;
  declare sessionId: string;
  declare createdAt: Date;
  declare expiresAt: Date;
  /** When it was first exchanged for a new one. */
  declare usedAt: Date | null;
}
