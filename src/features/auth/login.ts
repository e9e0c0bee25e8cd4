import type { Knex } from 'knex';
import type { User } from '../../../models/user.js';
import { DomainError } from '../../errors.js';
import { findUserByName } from '../users/find.js';
import { UNMATCHABLE_HASH, verifyPassword } from './password.js';

/**
 * The active user whom a password proves, looked up by e-mail or username in any case. An unknown name and a wrong
 * password take the same time and give the same answer.
 * @throws {DomainError} `unauthenticated`, or `unavailable` while too many sign in at once.
 */
export async function checkCredentials(db: Knex, name: string, password: string): Promise<User> {
  const user = await findUserByName(db, name);
  const matches = await verifyPassword(password, user?.passwordHash ?? UNMATCHABLE_HASH);
  if (!user?.isActive || !matches) throw new DomainError('unauthenticated', 'The name or the password is wrong.');
  return user;
}
