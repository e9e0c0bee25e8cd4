import type { Knex } from 'knex';
import { User } from '../../../models/user.js';
import { conflict } from '../../errors.js';
import type { RoleCode } from '../auth/actor.js';

export const ADMIN_ROLES: readonly RoleCode[] = ['ADMIN', 'SUPER_ADMIN'];

/**
 * Holds back, until the transaction ends, every other change to who administers the system: roles given and taken,
 * users moved, deactivated and let in again, the claim on a fresh system. Taken before any row is locked.
 */
export async function lockAdministrators(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`select pg_advisory_xact_lock(hashtext('who administers'))`);
}

/** Whether an active user has one of these roles. */
export async function isHeld(db: Knex, roles: readonly RoleCode[]): Promise<boolean> {
  const holder = await User.query(db)
    .joinRelated('userRoles')
    .where('isActive', true)
    .whereIn('userRoles.roleCode', [...roles])
    .select('users.id')
    .first();
  return holder !== undefined;
}

/** Whether an active user administers what belongs to no organization too. */
async function isAnyoneOverAll(db: Knex): Promise<boolean> {
  const overAll = await User.query(db)
    .joinRelated('userRoles')
    .where('isActive', true)
    .where((held) => {
      void held.where('userRoles.roleCode', 'SUPER_ADMIN').orWhere((admin) => {
        void admin.where('userRoles.roleCode', 'ADMIN').whereNull('users.organizationId');
      });
    })
    .select('users.id')
    .first();
  return overAll !== undefined;
}

/**
 * To be asked after a user lost roles, was moved or deactivated, in the same transaction: somebody must be left who
 * administers, else the next who comes could claim the system, and nobody could reach who is in no organization.
 * @param before the user's standing before the change.
 * @throws {DomainError} `conflict` when he was the last active SUPER_ADMIN, the last active administrator of all
 *   organizations, or of any kind.
 */
export async function refuseWithoutAdministrators(
  trx: Knex.Transaction,
  before: { isActive: boolean; roles: readonly RoleCode[]; organizationId: string | null },
): Promise<void> {
  if (!before.isActive) return;
  if (before.roles.includes('SUPER_ADMIN') && !(await isHeld(trx, ['SUPER_ADMIN']))) {
    throw conflict('This is the last active SUPER_ADMIN: give somebody else the role first.');
  }
  if (!before.roles.includes('ADMIN')) return;
  if (!(await isHeld(trx, ADMIN_ROLES))) {
    throw conflict('This is the last active administrator: give somebody else the role first.');
  }
  if (before.organizationId === null && !(await isAnyoneOverAll(trx))) {
    throw conflict('This is the last active administrator of all organizations: let somebody else be one first.');
  }
}
