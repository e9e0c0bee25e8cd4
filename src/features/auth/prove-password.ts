import type { Knex } from 'knex';
import type { User } from '../../../models/user.js';
import type { Origin } from './caller.js';
import { countFailure, failureSubject, forgetFailures, refuseLocked } from './login-failures.js';
import { verifyPasswordEvenly } from './password.js';

/**
 * Whether a password proves that somebody is the active user he says he is. Failures count towards the lock, wherever
 * they are made. An unknown name, a wrong password and a deactivated account take the same time and are told alike.
 * @param name as given: what is counted against where there is no such user.
 * @throws {DomainError} `locked`, or `unavailable` while too many sign in at once.
 */
export async function provePassword(
  db: Knex,
  origin: Origin,
  { user, name, password }: { user: User | undefined; name: string; password: string },
): Promise<boolean> {
  const subject = failureSubject(user, name);
  await refuseLocked(db, subject);
  const matches = await verifyPasswordEvenly(password, user?.passwordHash);
  if (!user?.isActive || !matches) {
    await countFailure(db, subject, { user, origin });
    return false;
  }
  await forgetFailures(db, subject);
  return true;
}
