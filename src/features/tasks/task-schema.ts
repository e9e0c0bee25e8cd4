import { z } from 'zod';
import type { StandingReview } from './read-reviews.js';
import { reviewStatuses } from './review-status.js';

export const taskId = z.string().max(64);

export const taskStatusSchema = z.enum(['assigned', 'in_progress', 'done']);

export const reviewStatusSchema = z
  .enum(reviewStatuses)
  .nullable()
  .meta({ description: '`pending`: handed in and not reviewed since. Null: neither handed in nor returned.' });

export const verdictSchema = z.enum(['accepted', 'returned']);

export const reviewSchema = z
  .object({
    verdict: verdictSchema,
    comment: z.string(),
    reviewer_username: z.string(),
    created_at: z.iso.datetime(),
    addressed: z.boolean().meta({ description: 'Whether it was labelled anew, or handed in again, since.' }),
  })
  .nullable()
  .meta({ description: 'What a reviewer last said of it.' });

export function presentReview(review: StandingReview | null | undefined): z.infer<typeof reviewSchema> {
  if (!review) return null;
  return {
    verdict: review.verdict,
    comment: review.comment,
    reviewer_username: review.reviewerUsername,
    created_at: review.createdAt.toISOString(),
    addressed: review.addressed,
  };
}
