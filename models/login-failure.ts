import { Model } from 'objection';

/** Failures to sign in, counted by whom was named. */
export class LoginFailure extends Model {
  static override tableName = 'login_failures';
  static override idColumn = 'subject';

  declare subject: string;
  declare count: number;
  declare lastFailedAt: Date;
  declare lockedUntil: Date | null;
}
