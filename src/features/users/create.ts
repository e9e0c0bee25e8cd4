import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { User } from '../../../models/user.js';
import { hashPassword } from '../auth/password.js';
import { explainRefusal } from './refusals.js';

export interface NewUser extends NewUserFields {
  password: string;
}

export interface NewUserFields {
  email: string;
  username?: string | undefined;
  name: string;
  coren?: string | null | undefined;
  specialty?: string | null | undefined;
  institution?: string | null | undefined;
  organizationId?: string | null | undefined;
}

/** As `insertUser`, with a password in the clear. Outside a transaction: hashing takes long. */
export async function createUser(db: Knex, { password, ...fields }: NewUser): Promise<User> {
  return insertUser(db, { ...fields, passwordHash: await hashPassword(password) });
}

/**
 * Makes a user without roles. The username is the e-mail unless one is given; both are kept in Unicode's form NFC.
 * @throws {DomainError} `invalid` naming `email` or `username` when it is taken in any case or the username is an e-mail
 *   other than his, `organization_id` when there is none such.
 */
export async function insertUser(db: Knex, user: NewUserFields & { passwordHash: string }): Promise<User> {
  const { email, username = email, coren, specialty, institution, organizationId = null } = user;
  try {
    const inserted = await User.query(db).insertAndFetch({
      id: uuidv7(),
      email: email.normalize('NFC'),
      username: username.normalize('NFC'),
      name: user.name,
      passwordHash: user.passwordHash,
      coren: orNull(coren),
      specialty: orNull(specialty),
      institution: orNull(institution),
      organizationId,
    });
    inserted.userRoles = [];
    return inserted;
  } catch (error) {
    throw explainRefusal(error);
  }
}

/** An empty text says as little as none. */
export const orNull = (text: string | null | undefined) => (text === '' ? null : (text ?? null));
