export const roleCodes = ['SUPER_ADMIN', 'ADMIN', 'LABELER', 'CUSTOMER', 'VIEWER'] as const;
export type RoleCode = (typeof roleCodes)[number];

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
