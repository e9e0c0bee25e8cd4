import { administers, administersAll, isSuperAdmin, type Actor, type RoleCode } from '../auth/actor.js';

/** Another user, as far as rights over him go. */
export interface UserRow {
  id: string;
  organizationId: string | null;
  roles: readonly RoleCode[];
}

/**
 * - `read`: the account
 * - `changeProfile`: name, sign-in names and what is said of his profession
 * - `changeActivity`: deactivate him, let him in again
 * - `move`: to another organization
 * - `delete`: him and all that says who he was
 */
export const userOperations = ['read', 'changeProfile', 'changeActivity', 'move', 'delete'] as const;
export type UserOperation = (typeof userOperations)[number];

export function mayOnUser(actor: Actor, operation: UserOperation, user: UserRow): boolean {
  if (operation === 'read') return maySeeUser(actor, user);
  if ((operation === 'changeProfile' || operation === 'delete') && actor.id === user.id) return true;
  if (!mayTouch(actor, user)) return false;
  return operation !== 'move' || administersAll(actor);
}

export const maySeeUser = (actor: Actor, user: UserRow) => actor.id === user.id || administers(actor, user);

/** To give a role or to take it: only a SUPER_ADMIN gives or takes SUPER_ADMIN, or changes a user who has it. */
export function mayGrant(actor: Actor, user: UserRow, role: RoleCode): boolean {
  return mayTouch(actor, user) && (role !== 'SUPER_ADMIN' || isSuperAdmin(actor));
}

const mayTouch = (actor: Actor, user: UserRow) =>
  administers(actor, user) && (isSuperAdmin(actor) || !user.roles.includes('SUPER_ADMIN'));

/** Where the users whom this caller makes belong: unlike a stranger, who belongs nowhere, an administrator decides. */
export type Placement = { anywhere: true } | { anywhere: false; organizationId: string | null };

export function placementBy(actor: Actor | null): Placement {
  if (actor && administersAll(actor)) return { anywhere: true };
  return { anywhere: false, organizationId: actor?.roles.includes('ADMIN') ? actor.organizationId : null };
}
