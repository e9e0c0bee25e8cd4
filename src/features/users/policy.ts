import { administers, isSuperAdmin, type Actor, type RoleCode } from '../auth/actor.js';

/** Another user, as far as rights over him go. */
export interface UserRow {
  id: string;
  organizationId: string | null;
  roles: readonly RoleCode[];
}

export const maySeeUser = (actor: Actor, user: UserRow) => actor.id === user.id || administers(actor, user);

/** Only a SUPER_ADMIN grants SUPER_ADMIN or changes a user who has it. */
export function mayGrant(actor: Actor, user: UserRow, role: RoleCode): boolean {
  if (isSuperAdmin(actor)) return true;
  return administers(actor, user) && role !== 'SUPER_ADMIN' && !user.roles.includes('SUPER_ADMIN');
}
