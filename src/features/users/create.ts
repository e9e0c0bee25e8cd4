import type { Knex } from 'knex';
import { UniqueViolationError } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { User } from '../../../models/user.js';
import { invalid } from '../../errors.js';
import { hashPassword } from '../auth/password.js';

export interface NewUser {
  email: string;
  username?: string | undefined;
  name: string;
  password: string;
}

/**
 * Makes a user without roles. The username is the e-mail unless one is given; both are kept in Unicode's form NFC.
 * @throws {DomainError} `invalid` naming `email` or `username` when it is taken in any case.
 */
export async function createUser(db: Knex, { email, username = email, name, password }: NewUser): Promise<User> {
  const passwordHash = await hashPassword(password);
  try {
    const user = await User.query(db).insertAndFetch({
      id: uuidv7(),
      email: email.normalize('NFC'),
      username: username.normalize('NFC'),
      name,
      passwordHash,
    });
    user.userRoles = [];
    return user;
  } catch (error) {
    if (error instanceof UniqueViolationError) {
      throw error.constraint === 'users_email_unique'
        ? invalid('email', 'Email already exists.')
        : invalid('username', 'Username already exists.');
    }
    throw error;
  }
}
