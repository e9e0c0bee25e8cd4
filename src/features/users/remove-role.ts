import type { Knex } from 'knex';
import type { User } from '../../../models/user.js';
import { forbidden } from '../../errors.js';
import { rolesOf } from '../auth/find-actor.js';
import type { Caller } from '../auth/caller.js';
import { currentCaller } from '../auth/confirm-caller.js';
import { lockAdministrators, refuseWithoutAdministrators } from './administrators.js';
import { changeRoles } from './change-roles.js';
import { findUser, lockVisibleUser, userRow } from './find.js';
import { knownRole } from './grant-role.js';
import { mayGrant } from './policy.js';

/**
 * Takes a role from a user; one he does not have changes nothing.
 * @throws {DomainError} `not_found` for an unknown role or a user out of the actor's reach, `forbidden` for who may not,
 *   `conflict` when nobody would be left to administer.
 */
export async function removeRole(
  db: Knex,
  calling: Caller,
  removal: { userId: string; roleCode: string },
): Promise<User> {
  const roleCode = knownRole(removal.roleCode);
  return db.transaction(async (trx) => {
    await lockAdministrators(trx);
    const caller = await currentCaller(trx, calling);
    const user = await lockVisibleUser(trx, caller.actor, removal.userId);
    if (!mayGrant(caller.actor, userRow(user), roleCode)) throw forbidden('Only an administrator may take this role.');

    await changeRoles(trx, caller, user, { removed: [roleCode] });
    const { isActive, organizationId } = user;
    await refuseWithoutAdministrators(trx, { isActive, organizationId, roles: rolesOf(user) });
    return findUser(trx, user.id);
  });
}
