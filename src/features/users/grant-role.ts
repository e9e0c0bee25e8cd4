import type { Knex } from 'knex';
import { User } from '../../../models/user.js';
import { UserRole } from '../../../models/user-role.js';
import { forbidden, notFound } from '../../errors.js';
import type { Actor, RoleCode } from '../auth/actor.js';
import { rolesOf } from '../auth/find-actor.js';
import { findUser } from './find.js';
import { mayGrant, maySeeUser } from './policy.js';
import { roleCodeSchema } from './present.js';

const ADMIN_ROLES: readonly RoleCode[] = ['ADMIN', 'SUPER_ADMIN'];

/**
 * Gives a user a role; giving it twice changes nothing.
 *
 * While nobody administers the system, a user may make himself its first administrator where `firstRunClaim` allows it.
 * Claims queue on one lock, so of two users racing for it one finds the other there already.
 * @throws {DomainError} `not_found` for an unknown role or a user out of the actor's reach, `forbidden` otherwise.
 */
export async function grantRole(
  db: Knex,
  actor: Actor,
  grant: { userId: string; roleCode: string; firstRunClaim: boolean },
): Promise<User> {
  const role = roleCodeSchema.safeParse(grant.roleCode);
  if (!role.success) throw notFound('Role');

  return db.transaction(async (trx) => {
    const user = await findUser(trx, grant.userId);
    const row = { id: user.id, organizationId: user.organizationId, roles: rolesOf(user) };
    if (!maySeeUser(actor, row)) throw notFound('User');
    const allowed =
      mayGrant(actor, row, role.data) ||
      (grant.firstRunClaim && actor.id === user.id && ADMIN_ROLES.includes(role.data) && (await claimFirstRun(trx)));
    if (!allowed) throw forbidden('Only an administrator may give this role.');

    await UserRole.query(trx).insert({ userId: user.id, roleCode: role.data }).onConflict().ignore();
    return findUser(trx, user.id);
  });
}

/** Whether the system has no active administrator; holds every other claim back until the transaction ends. */
async function claimFirstRun(trx: Knex.Transaction): Promise<boolean> {
  await trx.raw(`select pg_advisory_xact_lock(hashtext('first-run claim'))`);
  const administrator = await User.query(trx)
    .joinRelated('userRoles')
    .where('isActive', true)
    .whereIn('userRoles.roleCode', ADMIN_ROLES)
    .first();
  return administrator === undefined;
}
