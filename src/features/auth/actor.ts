import type { RoleCode } from '../../../models/user-role.js';

export type { RoleCode };

/** The user on whose behalf something is done: all that policies ask about him. */
export interface Actor {
  id: string;
  roles: readonly RoleCode[];
  organizationId: string | null;
}

/** The one word the dataset-platform clients know a user's rights by. */
export type PlatformRole = 'universal' | 'admin' | 'labeler' | 'customer';

export function platformRole(roles: readonly RoleCode[]): PlatformRole {
  if (roles.includes('SUPER_ADMIN')) return 'universal';
  if (roles.includes('ADMIN')) return 'admin';
  if (roles.includes('LABELER')) return 'labeler';
  return 'customer';
}

export const isSuperAdmin = (actor: Actor) => actor.roles.includes('SUPER_ADMIN');

/** Customers, and users nobody has given a role yet. */
export const isCustomer = (actor: Actor) => actor.roles.includes('CUSTOMER') || actor.roles.length === 0;

/** Whoever has no role but VIEWER writes nothing. */
export const onlyViews = (actor: Actor) => actor.roles.length > 0 && actor.roles.every((role) => role === 'VIEWER');

/** An administrator of the row's organization; one without an organization administers all of them. */
export function administers(actor: Actor, row: { organizationId: string | null }): boolean {
  if (isSuperAdmin(actor)) return true;
  if (!actor.roles.includes('ADMIN')) return false;
  return actor.organizationId === null || actor.organizationId === row.organizationId;
}

/** An administrator whose reach no organization bounds. */
export const administersAll = (actor: Actor) =>
  isSuperAdmin(actor) || (actor.roles.includes('ADMIN') && actor.organizationId === null);
