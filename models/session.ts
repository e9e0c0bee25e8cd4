import { Model } from 'objection';

/** One sign-in and all tokens that descend from it. */
export class Session extends Model {
  static override tableName = 'sessions';

  declare id: string;
  declare userId: string;
  declare ip: string | null;
  declare userAgent: string | null;
  declare createdAt: Date;
  declare refreshedAt: Date;
  /** When the last refresh token given out ends. */
  declare expiresAt: Date;
  declare revokedAt: Date | null;
}
