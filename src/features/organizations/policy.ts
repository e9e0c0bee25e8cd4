import { administersAll, isSuperAdmin, type Actor } from '../auth/actor.js';

export const organizationOperations = ['read', 'rename', 'delete'] as const;
export type OrganizationOperation = (typeof organizationOperations)[number];

export const mayCreateOrganization = isSuperAdmin;

export function mayOnOrganization(actor: Actor, operation: OrganizationOperation, organization: { id: string }) {
  if (isSuperAdmin(actor)) return true;
  return operation === 'read' && (administersAll(actor) || actor.organizationId === organization.id);
}
