import type { User } from '../../../models/user.js';
import { invalid } from '../../errors.js';
import { verifyPassword } from '../auth/password.js';

/**
 * That whoever changes how an account is signed in to knows its password, and has not just found a browser left open.
 * @throws {DomainError} `invalid` naming `current_password`.
 */
export async function confirmPassword(user: User, currentPassword: string | undefined): Promise<void> {
  if (!currentPassword) throw invalid('current_password', 'Give your current password to change how you sign in.');
  if (!(await verifyPassword(currentPassword, user.passwordHash))) {
    throw invalid('current_password', 'The current password is wrong.');
  }
}
