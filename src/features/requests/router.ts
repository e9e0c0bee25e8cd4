import { z } from 'zod';
import type { Context } from '../../trpc/context.js';
import { announcePage, pageInput } from '../../trpc/pagination.js';
import { router, signedIn, withRole } from '../../trpc/procedures.js';
import { administers, type Actor } from '../auth/actor.js';
import { createRequest } from './create.js';
import { findRequest } from './find.js';
import { listRequests, type ListedRequest } from './list.js';
import { removeRequest } from './remove.js';
import { updateRequest } from './update.js';

export const requestStatusSchema = z.enum(['new', 'in_qc', 'ready', 'in_progress', 'completed']);

const requestSchema = z.object({
  id: z.uuid(),
  title: z.string(),
  description: z.string(),
  classes: z.array(z.string()),
  status: requestStatusSchema,
  owner_id: z.uuid(),
  owner_name: z.string().optional().meta({ description: 'In lists, to whoever administers the request.' }),
  created_at: z.iso.datetime(),
});

const presentRequest = (request: ListedRequest): z.infer<typeof requestSchema> => ({
  id: request.id,
  title: request.title,
  description: request.description,
  classes: request.classes,
  status: request.status,
  owner_id: request.ownerId,
  created_at: request.createdAt.toISOString(),
});

const title = z.string().trim().min(1).max(300);
const description = z.string().max(20_000);
const classes = z
  .array(z.string().trim().min(1).max(100))
  .max(1000)
  .refine((names) => new Set(names).size === names.length, 'Name each class once.');

const listInput = z.object({
  ...pageInput,
  status: requestStatusSchema.optional(),
  q: z.string().trim().max(200).optional().meta({ description: 'Part of the title or the description.' }),
});

async function listPage(ctx: Context & { actor: Actor }, input: z.infer<typeof listInput>) {
  const { rows, total } = await listRequests(ctx.db, ctx.actor, input);
  return announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id }).map((row) => ({
    ...presentRequest(row),
    ...(administers(ctx.actor, row) && { owner_name: row.ownerName }),
  }));
}

export const requestsRouter = router({
  create: signedIn
    .meta({
      openapi: {
        method: 'POST',
        path: '/requests',
        summary: 'Order labelled data',
        tags: ['requests'],
        protect: true,
      },
      successStatus: 201,
    })
    .input(
      z
        .object({
          title,
          description: description.nullish(),
          classes: classes.default([]),
        })
        .meta({ examples: [{ title: 'Street signs', description: 'Signs in rain', classes: ['stop', 'yield'] }] }),
    )
    .output(requestSchema)
    .mutation(async ({ ctx, input }) => {
      const order = { ...input, description: input.description ?? '' };
      return presentRequest(await createRequest(ctx.db, ctx.actor, order));
    }),

  update: signedIn
    .meta({
      openapi: {
        method: 'PATCH',
        path: '/requests/{request_id}',
        summary: 'Change title, description or classes',
        description: 'What is left out stays. 409 where a class is to go that labels use.',
        tags: ['requests'],
        protect: true,
      },
    })
    .input(
      z
        .object({
          request_id: z.uuid(),
          title: title.optional(),
          description: description.nullish().meta({ description: 'null empties it.' }),
          classes: classes.optional().meta({ description: 'All of them, in the order to show them in.' }),
        })
        .meta({ examples: [{ title: 'Street signs', classes: ['stop', 'yield', 'no entry'] }] }),
    )
    .output(requestSchema)
    .mutation(async ({ ctx, input: { request_id: id, ...changes } }) => {
      const description = changes.description === null ? '' : changes.description;
      return presentRequest(await updateRequest(ctx.db, ctx, id, { ...changes, description }));
    }),

  remove: signedIn
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/requests/{request_id}',
        summary: 'Delete a request with its pictures, results and labels',
        description:
          'It is gone at once, its files shortly after. 409 while its quality control is running, and to its owner ' +
          'once a labeler has begun with it; administrators delete it then, too.',
        tags: ['requests'],
        protect: true,
      },
    })
    .input(z.object({ request_id: z.uuid() }))
    .output(z.object({ status: z.literal('deleted'), request_id: z.uuid() }))
    .mutation(async ({ ctx, input }) => {
      await removeRequest(ctx.db, ctx, input.request_id);
      return { status: 'deleted' as const, request_id: input.request_id };
    }),

  list: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/requests',
        summary: 'List requests, newest first',
        description: 'A customer sees his own, a labeler those he has a task on, an administrator all he administers.',
        tags: ['requests'],
        protect: true,
      },
      paged: true,
    })
    .input(listInput)
    .output(z.array(requestSchema))
    .query(({ ctx, input }) => listPage(ctx, input)),

  adminList: withRole('ADMIN')
    .meta({
      openapi: {
        method: 'GET',
        path: '/admin/requests',
        summary: 'List all requests the administrator administers',
        tags: ['admin'],
        protect: true,
      },
      paged: true,
    })
    .input(listInput)
    .output(z.array(requestSchema))
    .query(({ ctx, input }) => listPage(ctx, input)),

  get: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/requests/{request_id}',
        summary: 'One request',
        tags: ['requests'],
        protect: true,
      },
    })
    .input(z.object({ request_id: z.uuid() }))
    .output(requestSchema)
    .query(async ({ ctx, input }) => presentRequest(await findRequest(ctx.db, ctx.actor, input.request_id, 'read'))),
});
