import { z } from 'zod';
import type { Context } from '../../trpc/context.js';
import { announcePage, pageInput, picturePageInput } from '../../trpc/pagination.js';
import { router, signedIn, withRole } from '../../trpc/procedures.js';
import type { Actor } from '../auth/actor.js';
import { assignRequest } from './assign.js';
import { distributeRequest } from './distribute.js';
import { findTask } from './find.js';
import { countTaskImages, taskImages } from './images.js';
import { saveLabels } from './labels.js';
import { listTasks } from './list.js';
import { completeTask, taskProgress } from './progress.js';
import { qualityProcedures } from './quality-procedures.js';
import { imageReviews, taskReview } from './read-reviews.js';
import { reviewProcedures } from './review-procedures.js';
import { reviewStatuses, reviewStatusOf } from './review-status.js';
import { presentReview, reviewSchema, reviewStatusSchema, taskId, taskStatusSchema } from './task-schema.js';

const listInput = z.object({
  ...pageInput,
  status: taskStatusSchema.optional(),
  request_id: z.uuid().optional(),
  review_status: z.enum(reviewStatuses).optional(),
});

const taskRowSchema = z.object({
  id: z.uuid(),
  request_id: z.uuid(),
  title: z.string(),
  request_title: z.string(),
  status: taskStatusSchema,
  review_status: reviewStatusSchema,
  images_count: z.number().int(),
  labeler_username: z.string(),
  created_at: z.iso.datetime(),
});

const presentRow = ({ task, imagesCount }: Awaited<ReturnType<typeof listTasks>>['rows'][number]) => ({
  id: task.id,
  request_id: task.requestId,
  title: task.request?.title ?? '',
  request_title: task.request?.title ?? '',
  status: task.status,
  review_status: reviewStatusOf(task),
  images_count: imagesCount,
  labeler_username: task.labeler?.username ?? '',
  created_at: task.createdAt.toISOString(),
});

async function listPage(ctx: Context & { actor: Actor }, input: z.infer<typeof listInput>) {
  const { rows, total } = await listTasks(ctx.db, ctx.actor, {
    ...input,
    requestId: input.request_id,
    reviewStatus: input.review_status,
  });
  return announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ task }) => task.id }).map(presentRow);
}

export const tasksRouter = router({
  ...reviewProcedures,
  ...qualityProcedures,

  list: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/tasks',
        summary: 'List tasks, newest first',
        description: 'A labeler sees his own, an administrator all he administers.',
        tags: ['tasks'],
        protect: true,
      },
      paged: true,
    })
    .input(listInput)
    .output(z.array(taskRowSchema))
    .query(({ ctx, input }) => listPage(ctx, input)),

  adminList: withRole('ADMIN')
    .meta({
      openapi: {
        method: 'GET',
        path: '/admin/tasks',
        summary: 'List all tasks the administrator administers',
        tags: ['admin'],
        protect: true,
      },
      paged: true,
    })
    .input(listInput)
    .output(z.array(taskRowSchema))
    .query(({ ctx, input }) => listPage(ctx, input)),

  get: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/tasks/{task_id}',
        summary: 'A task with its images and classes',
        description: 'Images come oldest first; `X-Total-Count` and `Link` tell of more.',
        tags: ['tasks'],
        protect: true,
      },
      paged: true,
    })
    .input(z.object({ task_id: taskId, ...picturePageInput }))
    .output(
      z.object({
        id: z.uuid(),
        request_id: z.uuid(),
        title: z.string(),
        description: z.string(),
        status: taskStatusSchema,
        review_status: reviewStatusSchema,
        review: reviewSchema,
        classes: z.array(z.string()),
        images: z.array(
          z.object({
            image_id: z.uuid(),
            filename: z.string(),
            url: z.url(),
            labels: z.array(z.string()).meta({ description: 'What the caller has put on it in this task.' }),
            review: reviewSchema,
          }),
        ),
      }),
    )
    .query(async ({ ctx, input }) => {
      const found = await findTask(ctx.db, ctx.actor, input.task_id, 'read');
      const { task, request } = found;
      const { rows, total } = await taskImages(ctx.db, found, ctx.actor.id, input);
      const images = announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id });
      const ids = images.map(({ id }) => id);
      const reviews = await imageReviews(ctx.db, task, ids);
      return {
        id: task.id,
        request_id: request.id,
        title: request.title,
        description: request.description,
        status: task.status,
        review_status: reviewStatusOf(task),
        review: presentReview(await taskReview(ctx.db, task)),
        classes: request.classes,
        images: images.map((image) => ({
          image_id: image.id,
          filename: image.filename,
          url: ctx.pictureUrls.original(image),
          labels: image.labels?.[0]?.classes ?? [],
          review: presentReview(reviews.get(image.id)),
        })),
      };
    }),

  saveLabels: signedIn
    .meta({
      openapi: {
        method: 'POST',
        path: '/tasks/{task_id}/labels',
        summary: 'Save the labels of one image',
        description: 'They replace those saved before; an empty list clears them.',
        tags: ['tasks'],
        protect: true,
      },
    })
    .input(
      z
        .object({ task_id: taskId, image_id: z.uuid(), labels: z.array(z.string().max(100)).max(1000) })
        .meta({ examples: [{ image_id: '01941f29-7c00-7000-8000-000000000000', labels: ['stop'] }] }),
    )
    .output(z.object({ task_id: z.uuid(), image_id: z.uuid(), status: z.literal('saved') }))
    .mutation(async ({ ctx, input }) => {
      const found = await findTask(ctx.db, ctx.actor, input.task_id, 'label');
      const labels = { imageId: input.image_id, classes: input.labels };
      await saveLabels(ctx.db, { ...found, labelerId: ctx.actor.id }, labels);
      return { task_id: found.task.id, image_id: input.image_id, status: 'saved' as const };
    }),

  progress: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/tasks/{task_id}/progress',
        summary: 'How far a task has come',
        tags: ['tasks'],
        protect: true,
      },
    })
    .input(z.object({ task_id: taskId }))
    .output(z.object({ task_id: z.uuid(), total_images: z.number().int(), labeled_images: z.number().int() }))
    .query(async ({ ctx, input }) => {
      const found = await findTask(ctx.db, ctx.actor, input.task_id, 'read');
      const { totalImages, labeledImages } = await taskProgress(ctx.db, found);
      return { task_id: found.task.id, total_images: totalImages, labeled_images: labeledImages };
    }),

  complete: signedIn
    .meta({
      openapi: {
        method: 'POST',
        path: '/tasks/{task_id}/complete',
        summary: 'Hand a task in',
        description: 'Images that fit no class may stay without labels.',
        tags: ['tasks'],
        protect: true,
      },
    })
    .input(z.object({ task_id: taskId }))
    .output(z.object({ status: z.literal('ok'), task_id: z.uuid() }))
    .mutation(async ({ ctx, input }) => {
      const { task } = await findTask(ctx.db, ctx.actor, input.task_id, 'label');
      await completeTask(ctx.db, task);
      return { status: 'ok' as const, task_id: task.id };
    }),

  assign: withRole('ADMIN')
    .meta({
      openapi: {
        method: 'POST',
        path: '/admin/assign',
        summary: 'Assign a request to a labeler',
        tags: ['admin'],
        protect: true,
      },
    })
    .input(
      z
        .object({ request_id: z.uuid(), labeler_username: z.string().trim().min(1).max(320) })
        .meta({ examples: [{ request_id: '01941f29-7c00-7000-8000-000000000000', labeler_username: 'lena' }] }),
    )
    .output(z.object({ status: z.literal('assigned'), task_id: z.uuid() }))
    .mutation(async ({ ctx, input }) => {
      const assignment = { requestId: input.request_id, labelerName: input.labeler_username };
      const task = await assignRequest(ctx.db, ctx, assignment);
      return { status: 'assigned' as const, task_id: task.id };
    }),

  distribute: withRole('ADMIN')
    .meta({
      openapi: {
        method: 'POST',
        path: '/admin/distribute',
        summary: 'Share the images of a request among labelers',
        description:
          'Gives everybody named a task on the request and deals its images out, so that each is labelled by as many of ' +
          'those who have it in hand as `overlap` says. Called again, what nobody has labelled yet is dealt anew. With ' +
          '`overlap` null every task has every image, as it is by default.',
        tags: ['admin'],
        protect: true,
      },
    })
    .input(
      z
        .object({
          request_id: z.uuid(),
          overlap: z.number().int().min(1).max(100).nullable(),
          labeler_usernames: z.array(z.string().trim().min(1).max(320)).max(100).default([]),
        })
        .meta({
          examples: [
            {
              request_id: '01941f29-7c00-7000-8000-000000000000',
              overlap: 2,
              labeler_usernames: ['lena', 'luis', 'olga'],
            },
          ],
        }),
    )
    .output(
      z.object({
        request_id: z.uuid(),
        overlap: z.number().int().nullable(),
        tasks: z
          .array(
            z.object({
              task_id: z.uuid(),
              labeler_username: z.string(),
              status: taskStatusSchema,
              images_count: z.number().int(),
            }),
          )
          .meta({ description: 'Those in hand, whoever has them.' }),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { request_id: requestId, overlap, labeler_usernames: labelerNames } = input;
      const tasks = await distributeRequest(ctx.db, ctx, { requestId, overlap, labelerNames });
      const images = await countTaskImages(ctx.db, tasks);
      return {
        request_id: requestId,
        overlap,
        tasks: tasks.map((task) => ({
          task_id: task.id,
          labeler_username: task.labeler?.username ?? '',
          status: task.status,
          images_count: images.get(task.id) ?? 0,
        })),
      };
    }),
});
