import { administers, type Actor } from '../auth/actor.js';

/** A task, as far as rights over it go. */
export interface TaskRow {
  labelerId: string;
  /** Of the request it is on. */
  organizationId: string | null;
}

/**
 * - `read`: the task, its images and its progress
 * - `label`: save labels, complete the task
 * - `review`: accept it or return it, which is for administrators, and of nobody's own work
 */
export const taskOperations = ['read', 'label', 'review'] as const;
export type TaskOperation = (typeof taskOperations)[number];

export function mayOnTask(actor: Actor, operation: TaskOperation, row: TaskRow): boolean {
  if (administers(actor, row)) return operation !== 'review' || row.labelerId !== actor.id;
  if (row.labelerId === actor.id) return operation !== 'review' && actor.roles.includes('LABELER');

  const views =
    actor.roles.includes('VIEWER') && actor.organizationId !== null && actor.organizationId === row.organizationId;
  return views && operation === 'read';
}
