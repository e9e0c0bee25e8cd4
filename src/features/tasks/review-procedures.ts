import { z } from 'zod';
import { announcePage, pageInput, picturePageInput } from '../../trpc/pagination.js';
import { signedIn } from '../../trpc/procedures.js';
import { findTask } from './find.js';
import { taskImages } from './images.js';
import { labelledImageSchema, presentLabelledImage } from './labelled-image.js';
import { imageReviews, listReviews } from './read-reviews.js';
import { reviewStatusOf } from './review-status.js';
import { reviewTask } from './review.js';
import {
  presentReview,
  reviewSchema,
  reviewStatusSchema,
  taskId,
  taskStatusSchema,
  verdictSchema,
} from './task-schema.js';

const comment = z.string().trim().max(5000).default('');

/** Of a task that was handed in: what a reviewer looks at, what he says, and what was said before. */
export const reviewProcedures = {
  review: signedIn
    .meta({
      openapi: {
        method: 'POST',
        path: '/tasks/{task_id}/review',
        summary: 'Accept a task that was handed in, or return it',
        description:
          'For administrators, and of nobody’s own labels. A task that is returned is its labeler’s to work on again. ' +
          'Images may be spoken of one by one, with or without a verdict on the task. 409 where the task is not handed ' +
          'in, or somebody else was first.',
        tags: ['tasks'],
        protect: true,
      },
    })
    .input(
      z
        .object({
          task_id: taskId,
          verdict: verdictSchema.optional(),
          comment,
          images: z
            .array(z.object({ image_id: z.uuid(), verdict: verdictSchema, comment }))
            .max(1000)
            .default([]),
          reopen: z.boolean().default(false).meta({ description: 'Returns a task that was accepted before.' }),
        })
        .meta({ examples: [{ verdict: 'returned', comment: 'Signs in the background count, too.' }] }),
    )
    .output(z.object({ task_id: z.uuid(), status: taskStatusSchema, review_status: reviewStatusSchema }))
    .mutation(async ({ ctx, input }) => {
      const images = input.images.map(({ image_id: imageId, ...words }) => ({ ...words, imageId }));
      const task = await reviewTask(ctx.db, ctx.actor, input.task_id, { ...input, images });
      return { task_id: task.id, status: task.status, review_status: reviewStatusOf(task) };
    }),

  labels: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/tasks/{task_id}/labels',
        summary: 'What the labeler of a task has put on its images',
        description: 'Oldest image first, those without labels too.',
        tags: ['tasks'],
        protect: true,
      },
      paged: true,
    })
    .input(z.object({ task_id: taskId, ...picturePageInput }))
    .output(
      z.array(
        labelledImageSchema.extend({
          labeled_at: z.iso.datetime().nullable(),
          review: reviewSchema,
        }),
      ),
    )
    .query(async ({ ctx, input }) => {
      const found = await findTask(ctx.db, ctx.actor, input.task_id, 'read');
      const { rows, total } = await taskImages(ctx.db, found, found.task.labelerId, input);
      const page = announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id });
      const reviews = await imageReviews(
        ctx.db,
        found.task,
        page.map(({ id }) => id),
      );
      return page.map((image) => ({
        ...presentLabelledImage(image, image.labels?.[0]?.classes ?? [], ctx.pictureUrls),
        labeled_at: image.labels?.[0]?.updatedAt.toISOString() ?? null,
        review: presentReview(reviews.get(image.id)),
      }));
    }),

  reviews: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/tasks/{task_id}/reviews',
        summary: 'All that reviewers have said of a task, newest first',
        tags: ['tasks'],
        protect: true,
      },
      paged: true,
    })
    .input(z.object({ task_id: taskId, ...pageInput }))
    .output(
      z.array(
        z.object({
          id: z.uuid(),
          image_id: z.uuid().nullable().meta({ description: 'Null: of the task as a whole.' }),
          verdict: verdictSchema,
          comment: z.string(),
          labels: z.array(z.string()).nullable().meta({ description: 'That the image had then.' }),
          reviewer_username: z.string(),
          created_at: z.iso.datetime(),
        }),
      ),
    )
    .query(async ({ ctx, input }) => {
      const { task } = await findTask(ctx.db, ctx.actor, input.task_id, 'read');
      const { rows, total } = await listReviews(ctx.db, task, input);
      const page = announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id });
      return page.map((review) => ({
        id: review.id,
        image_id: review.imageId,
        verdict: review.verdict,
        comment: review.comment,
        labels: review.classes,
        reviewer_username: review.reviewer?.username ?? '',
        created_at: review.createdAt.toISOString(),
      }));
    }),
};
