import type { Knex } from 'knex';
import type { User } from '../../../models/user.js';
import type { Origin } from './caller.js';
import { countFailure, forgetFailures, refuseLocked } from './login-failures.js';
import { verifyPasswordEvenly } from './password.js';

/** What has to be known of a user to check his password. */
export type Provable = Pick<User, 'id' | 'organizationId' | 'isActive' | 'passwordHash'>;

/**
 * Whether a password proves that somebody is the active user he says he is. Failures count towards the lock, wherever
 * they are made. An unknown name, a wrong password and a deactivated account take the same time and are told alike.
 * @param claim.subject of `failureSubjects`.
 * @throws {DomainError} `locked`, or `unavailable` while too many sign in at once.
 */
export async function provePassword(
  db: Knex,
  origin: Origin,
  { user, subject, password }: { user: Provable | undefined; subject: string; password: string },
): Promise<boolean> {
  await refuseLocked(db, subject);
  // Guesses may wait long for their turn, and a lock that came meanwhile holds for them too.
  const inTurn = () => refuseLocked(db, subject);
  const matches = await verifyPasswordEvenly(password, user?.passwordHash, inTurn);
  if (!user?.isActive || !matches) {
    await countFailure(db, subject, { user, origin });
    return false;
  }
  await forgetFailures(db, subject);
  return true;
}
