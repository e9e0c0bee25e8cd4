import { administers, isCustomer, isSuperAdmin, type Actor } from '../auth/actor.js';

/** A request, as far as rights over it go. */
export interface RequestRow {
  ownerId: string;
  organizationId: string | null;
  /** Whether the actor has a task on it. */
  hasTask: boolean;
}

/**
 * - `read`: the request, its QC results and the state of its QC
 * - `readUploads`: the list of its uploads, its exports
 * - `write`: change it, upload pictures, delete them, order exports, delete it
 * - `runQc`: start and cancel quality control
 * - `assign`: hand it to a labeler
 */
export const requestOperations = ['read', 'readUploads', 'write', 'runQc', 'assign'] as const;
export type RequestOperation = (typeof requestOperations)[number];

/** Any user may order labelled data but one whose roles are for other work. */
export const mayCreateRequest = (actor: Actor) =>
  isCustomer(actor) || isSuperAdmin(actor) || actor.roles.includes('ADMIN');

export function mayOnRequest(actor: Actor, operation: RequestOperation, row: RequestRow): boolean {
  if (administers(actor, row)) return true;
  if (operation === 'assign') return false;

  const owns = row.ownerId === actor.id;
  if (owns && isCustomer(actor)) return true;

  const reads = operation === 'read' || operation === 'readUploads';
  if (reads && (owns || views(actor, row))) return true;

  const labels = row.hasTask && actor.roles.includes('LABELER');
  return labels && (operation === 'read' || operation === 'runQc');
}

/** A VIEWER reads what his organization's members own. */
function views(actor: Actor, row: RequestRow): boolean {
  return actor.roles.includes('VIEWER') && actor.organizationId !== null && actor.organizationId === row.organizationId;
}
