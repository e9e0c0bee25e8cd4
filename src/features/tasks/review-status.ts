import type { Task } from '../../../models/task.js';

export const reviewStatuses = ['pending', 'accepted', 'returned'] as const;

/** `pending`: handed in and not reviewed since. */
export type ReviewStatus = (typeof reviewStatuses)[number];

/** Null: not handed in yet, nor returned. */
export const reviewStatusOf = ({ status, review }: Pick<Task, 'status' | 'review'>): ReviewStatus | null =>
  review ?? (status === 'done' ? 'pending' : null);
