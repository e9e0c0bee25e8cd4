import { z } from 'zod';
import type { Context } from '../../trpc/context.js';
import { announcePage, pageInput } from '../../trpc/pagination.js';
import { router, signedIn, withRole } from '../../trpc/procedures.js';
import type { Actor } from '../auth/actor.js';
import { createRequest } from './create.js';
import { findRequest } from './find.js';
import { listRequests, type ListedRequest } from './list.js';

export const requestStatusSchema = z.enum(['new', 'in_qc', 'ready', 'in_progress', 'completed']);

const requestSchema = z.object({
  id: z.uuid(),
  title: z.string(),
  description: z.string(),
  classes: z.array(z.string()),
  status: requestStatusSchema,
  owner_id: z.uuid(),
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

const className = z.string().trim().min(1).max(100);

const listInput = z.object({
  ...pageInput,
  status: requestStatusSchema.optional(),
  q: z.string().trim().max(200).optional().meta({ description: 'Part of the title or the description.' }),
});

async function listPage(ctx: Context & { actor: Actor }, input: z.infer<typeof listInput>) {
  const { rows, total } = await listRequests(ctx.db, ctx.actor, input);
  return announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id }).map(presentRequest);
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
          title: z.string().trim().min(1).max(300),
          description: z.string().max(20_000).default(''),
          classes: z
            .array(className)
            .max(1000)
            .default([])
            .refine((classes) => new Set(classes).size === classes.length, 'Name each class once.'),
        })
        .meta({ examples: [{ title: 'Street signs', description: 'Signs in rain', classes: ['stop', 'yield'] }] }),
    )
    .output(requestSchema)
    .mutation(async ({ ctx, input }) => presentRequest(await createRequest(ctx.db, ctx.actor, input))),

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
