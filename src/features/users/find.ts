import type { Knex } from 'knex';
import { raw } from 'objection';
import { validate } from 'uuid';
import { User } from '../../../models/user.js';
import { notFound } from '../../errors.js';

/** With roles. @throws {DomainError} `not_found`, also for an id that cannot be one. */
export async function findUser(db: Knex, id: string): Promise<User> {
  const user = validate(id) ? await User.query(db).findById(id).withGraphFetched('userRoles') : undefined;
  if (!user) throw notFound('User');
  return user;
}

/** By username or e-mail, in any case as PostgreSQL and its unique indexes see case; with roles. */
export async function findUserByName(db: Knex, name: string): Promise<User | undefined> {
  const lowered = raw('lower(?)', name.normalize('NFC'));
  return User.query(db)
    .where(raw('lower(username)'), lowered)
    .orWhere(raw('lower(email)'), lowered)
    .withGraphFetched('userRoles')
    .first();
}
