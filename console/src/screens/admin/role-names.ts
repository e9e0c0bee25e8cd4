import type { Me } from '../../api.js';
import type { PlainKey } from '../../i18n/messages.js';

export type Role = Me['roles'][number];

export const roleNames: Record<Role, readonly [name: PlainKey, hint: PlainKey]> = {
  SUPER_ADMIN: ['roleSuperAdmin', 'roleSuperAdminHint'],
  ADMIN: ['roleAdmin', 'roleAdminHint'],
  LABELER: ['roleLabeler', 'roleLabelerHint'],
  CUSTOMER: ['roleCustomer', 'roleCustomerHint'],
  VIEWER: ['roleViewer', 'roleViewerHint'],
};

export const roles = Object.keys(roleNames) as Role[];
