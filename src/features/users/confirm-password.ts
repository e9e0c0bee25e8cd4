import type { Knex } from 'knex';
import type { User } from '../../../models/user.js';
import { invalid } from '../../errors.js';
import type { Origin } from '../auth/caller.js';
import { failureSubjects } from '../auth/login-failures.js';
import { provePassword } from '../auth/prove-password.js';

/**
 * That whoever changes how an account is signed in to knows its password, and has not just found a browser left open.
 * @throws {DomainError} `invalid` naming `current_password`, `locked` after too many wrong ones.
 */
export async function confirmPassword(
  db: Knex,
  origin: Origin,
  user: User,
  currentPassword: string | undefined,
): Promise<void> {
  if (!currentPassword) throw invalid('current_password', 'Give your current password to change how you sign in.');
  const subject = failureSubjects.insider(user.id);
  if (!(await provePassword(db, origin, { user, subject, password: currentPassword }))) {
    throw invalid('current_password', 'The current password is wrong.');
  }
}
