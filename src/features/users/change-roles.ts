import type { Knex } from 'knex';
import type { User } from '../../../models/user.js';
import { UserRole } from '../../../models/user-role.js';
import type { RoleCode } from '../auth/actor.js';
import type { Caller, Origin } from '../auth/caller.js';
import { recordAudit } from '../audit/record.js';

/**
 * Gives and takes roles and puts each on record; what a user has or lacks already changes nothing. Whether the caller
 * may is for him to have asked.
 * @param change.concerned The organizations in which it is on record: the user's own unless given.
 */
export async function changeRoles(
  trx: Knex.Transaction,
  caller: Caller | (Origin & { actor: null }),
  user: User,
  {
    granted = [],
    removed = [],
    concerned = [user.organizationId],
  }: {
    granted?: readonly RoleCode[];
    removed?: readonly RoleCode[];
    concerned?: readonly (string | null)[];
  },
): Promise<void> {
  const has = new Set(user.userRoles?.map(({ roleCode }) => roleCode));
  const record = async (action: 'role.granted' | 'role.removed', roleCode: RoleCode) => {
    const target = { type: 'user', id: user.id } as const;
    for (const organizationId of concerned) {
      await recordAudit(trx, caller, { action, target, organizationId, details: { role_code: roleCode } });
    }
  };
  for (const roleCode of granted.filter((role) => !has.has(role))) {
    await UserRole.query(trx).insert({ userId: user.id, roleCode });
    await record('role.granted', roleCode);
  }
  for (const roleCode of removed.filter((role) => has.has(role))) {
    await UserRole.query(trx).deleteById([user.id, roleCode]);
    await record('role.removed', roleCode);
  }
}
