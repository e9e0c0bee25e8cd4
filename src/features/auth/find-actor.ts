import type { Knex } from 'knex';
import { User } from '../../../models/user.js';
import type { Actor, RoleCode } from './actor.js';

/** The user behind an access token as he is now; null when he is gone or deactivated. One statement. */
export async function findActor(db: Knex, userId: string): Promise<Actor | null> {
  const found: unknown = await User.query(db)
    .findById(userId)
    .where('isActive', true)
    .select(
      'id',
      'organizationId',
      db.raw('array(select role_code from user_roles where user_id = users.id order by role_code) as roles'),
    );
  if (!found) return null;
  const { id, roles, organizationId } = found as { id: string; roles: RoleCode[]; organizationId: string | null };
  return { id, roles, organizationId };
}

/** Sorted by code. @param user with `userRoles` fetched. */
export function rolesOf(user: User): Actor['roles'] {
  return (user.userRoles ?? []).map(({ roleCode }) => roleCode).sort();
}
