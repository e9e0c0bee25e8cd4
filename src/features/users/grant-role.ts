import type { Knex } from 'knex';
import type { User } from '../../../models/user.js';
import { forbidden, notFound } from '../../errors.js';
import type { RoleCode } from '../auth/actor.js';
import type { Caller } from '../auth/caller.js';
import { currentCaller } from '../auth/confirm-caller.js';
import { ADMIN_ROLES, isHeld, lockAdministrators } from './administrators.js';
import { changeRoles } from './change-roles.js';
import { findUser, lockVisibleUser, userRow } from './find.js';
import { mayGrant } from './policy.js';
import { roleCodeSchema } from './present.js';

/**
 * Gives a user a role; giving it twice changes nothing.
 *
 * While nobody administers the system, a user may make himself its first administrator where `firstRunClaim` allows it.
 * Claims queue on one lock, so of two users racing for it one finds the other there already.
 * @throws {DomainError} `not_found` for an unknown role or a user out of the actor's reach, `forbidden` otherwise.
 */
export async function grantRole(
  db: Knex,
  calling: Caller,
  grant: { userId: string; roleCode: string; firstRunClaim: boolean },
): Promise<User> {
  const roleCode = knownRole(grant.roleCode);
  return db.transaction(async (trx) => {
    await lockAdministrators(trx);
    const caller = await currentCaller(trx, calling);
    const user = await lockVisibleUser(trx, caller.actor, grant.userId);
    const claims =
      grant.firstRunClaim && caller.actor.id === user.id && user.isActive && ADMIN_ROLES.includes(roleCode);
    const allowed = mayGrant(caller.actor, userRow(user), roleCode) || (claims && !(await isHeld(trx, ADMIN_ROLES)));
    if (!allowed) throw forbidden('Only an administrator may give this role.');

    await changeRoles(trx, caller, user, { granted: [roleCode] });
    return findUser(trx, user.id);
  });
}

/** @throws {DomainError} `not_found` for a code that is none. */
export function knownRole(code: string): RoleCode {
  const role = roleCodeSchema.safeParse(code);
  if (!role.success) throw notFound('Role');
  return role.data;
}
