import type { Knex } from 'knex';
import { raw } from 'objection';
import { validate } from 'uuid';
import { User } from '../../../models/user.js';
import { notFound } from '../../errors.js';
import type { Actor } from '../auth/actor.js';
import { rolesOf } from '../auth/find-actor.js';
import { maySeeUser, type UserRow } from './policy.js';

/** With roles. @throws {DomainError} `not_found`, also for one who was deleted and an id that cannot be one. */
export async function findUser(db: Knex, id: string): Promise<User> {
  const present = validate(id) ? User.query(db).findById(id).whereNull('deletedAt') : undefined;
  const user = await present?.withGraphFetched('userRoles');
  if (!user) throw notFound('User');
  return user;
}

/** As `findUser`, for who may see him. @throws {DomainError} `not_found`, also for one out of the actor's reach. */
export async function findVisibleUser(db: Knex, actor: Actor, id: string): Promise<User> {
  const user = await findUser(db, id);
  if (!maySeeUser(actor, userRow(user))) throw notFound('User');
  return user;
}

/** As `findVisibleUser`, and nobody else changes him until the transaction ends. */
export async function lockVisibleUser(trx: Knex.Transaction, actor: Actor, id: string): Promise<User> {
  if (validate(id)) await User.query(trx).findById(id).select('id').forNoKeyUpdate();
  return findVisibleUser(trx, actor, id);
}

/** @param user with `userRoles` fetched. */
export const userRow = (user: User): UserRow => ({
  id: user.id,
  organizationId: user.organizationId,
  roles: rolesOf(user),
});

/** By username or e-mail, in any case as PostgreSQL and its unique indexes see case; with roles. */
export async function findUserByName(db: Knex, name: string): Promise<User | undefined> {
  const lowered = raw('lower(?)', name.normalize('NFC'));
  return User.query(db)
    .where(raw('lower(username)'), lowered)
    .orWhere(raw('lower(email)'), lowered)
    .withGraphFetched('userRoles')
    .first();
}
