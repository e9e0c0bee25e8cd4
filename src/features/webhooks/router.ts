import { z } from 'zod';
import { webhookEvents, type Webhook } from '../../../models/webhook.js';
import type { WebhookDelivery } from '../../../models/webhook-delivery.js';
import { sealingKey } from '../../sealed-text.js';
import { announcePage, pageInput } from '../../trpc/pagination.js';
import { router, signedIn } from '../../trpc/procedures.js';
import { createWebhook } from './create.js';
import { deleteWebhook } from './delete.js';
import { findWebhook } from './find.js';
import { listDeliveries, listWebhooks } from './list.js';
import { sendTest } from './send-test.js';

const webhookInput = z.object({ webhook_id: z.uuid() });

const webhookSchema = z.object({
  id: z.uuid(),
  user_id: z.uuid(),
  url: z.string(),
  events: z.array(z.enum(webhookEvents)),
  scope: z
    .enum(['own', 'organization'])
    .meta({ description: 'Whose requests it tells of: its user’s, or all that he administers.' }),
  active: z.boolean().meta({ description: 'False once its receiver has answered 410.' }),
  created_at: z.iso.datetime(),
});

const presentWebhook = (webhook: Webhook): z.infer<typeof webhookSchema> => ({
  id: webhook.id,
  user_id: webhook.userId,
  url: webhook.url,
  events: webhook.events,
  scope: webhook.scope,
  active: webhook.active,
  created_at: webhook.createdAt.toISOString(),
});

const deliverySchema = z.object({
  id: z.uuid().meta({ description: 'The header `webhook-id`, the same at each attempt.' }),
  event: z.enum([...webhookEvents, 'webhook.test']),
  request_id: z.uuid().nullable(),
  payload: z
    .string()
    .nullable()
    .meta({ description: 'The body as it is sent. Null where you may not know, or no longer, of its request.' }),
  status: z
    .enum(['pending', 'delivered', 'failed', 'dropped'])
    .meta({ description: '`dropped`: the webhook was to be told no more.' }),
  attempts: z.number().int(),
  response_status: z.number().int().nullable().meta({ description: 'Of the last attempt.' }),
  error: z.string().nullable(),
  next_attempt_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
  finished_at: z.iso.datetime().nullable(),
});

const presentDelivery = (
  delivery: WebhookDelivery,
  payload: string | null = delivery.payload,
): z.infer<typeof deliverySchema> => ({
  id: delivery.id,
  event: delivery.event,
  request_id: delivery.requestId,
  payload,
  status: delivery.status,
  attempts: delivery.attempts,
  response_status: delivery.responseStatus,
  error: delivery.error,
  next_attempt_at: delivery.nextAttemptAt?.toISOString() ?? null,
  created_at: delivery.createdAt.toISOString(),
  finished_at: delivery.finishedAt?.toISOString() ?? null,
});

export const webhooksRouter = router({
  create: signedIn
    .meta({
      openapi: {
        method: 'POST',
        path: '/webhooks',
        summary: 'Have an address told of events',
        description:
          'Each event is a POST of `{ type, timestamp, data }`, signed as Standard Webhooks says with the secret that is ' +
          'shown once, here. What is not answered with a 2xx comes again, nine times over three days.',
        tags: ['webhooks'],
        protect: true,
      },
      successStatus: 201,
    })
    .input(
      z
        .object({
          url: z.string().max(2000),
          events: z.array(z.enum(webhookEvents)).min(1).max(20),
          scope: webhookSchema.shape.scope.default('own'),
        })
        .meta({ examples: [{ url: 'https://example.com/hooks/assay', events: ['qc.completed'], scope: 'own' }] }),
    )
    .output(webhookSchema.extend({ secret: z.string() }))
    .mutation(async ({ ctx, input }) => {
      const { webhook, secret } = await createWebhook(ctx.db, ctx, input, {
        key: sealingKey(ctx.config.jwtSecret, 'webhooks'),
        allowPrivate: ctx.config.privateWebhooks,
      });
      return { ...presentWebhook(webhook), secret };
    }),

  list: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/webhooks',
        summary: 'List webhooks, newest first',
        description: 'Your own, and those of the users you administer.',
        tags: ['webhooks'],
        protect: true,
      },
      paged: true,
    })
    .input(z.object(pageInput))
    .output(z.array(webhookSchema))
    .query(async ({ ctx, input }) => {
      const { rows, total } = await listWebhooks(ctx.db, ctx.actor, input);
      return announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ id }) => id }).map(presentWebhook);
    }),

  delete: signedIn
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/webhooks/{webhook_id}',
        summary: 'Delete a webhook',
        tags: ['webhooks'],
        protect: true,
      },
    })
    .input(webhookInput)
    .output(z.object({ status: z.literal('deleted'), webhook_id: z.uuid() }))
    .mutation(async ({ ctx, input }) => {
      await deleteWebhook(ctx.db, ctx, await findWebhook(ctx.db, ctx.actor, input.webhook_id, 'delete'));
      return { status: 'deleted' as const, webhook_id: input.webhook_id };
    }),

  test: signedIn
    .meta({
      openapi: {
        method: 'POST',
        path: '/webhooks/{webhook_id}/test',
        summary: 'Send a webhook a test',
        description: 'A `webhook.test`, the way of all events: its delivery tells what came of it.',
        tags: ['webhooks'],
        protect: true,
      },
    })
    .input(webhookInput)
    .output(deliverySchema)
    .mutation(async ({ ctx, input }) =>
      presentDelivery(await sendTest(ctx.db, await findWebhook(ctx.db, ctx.actor, input.webhook_id, 'test'))),
    ),

  deliveries: signedIn
    .meta({
      openapi: {
        method: 'GET',
        path: '/webhooks/{webhook_id}/deliveries',
        summary: 'What was sent to a webhook, newest first',
        description: 'Of the last thirty days, at most about a thousand.',
        tags: ['webhooks'],
        protect: true,
      },
      paged: true,
    })
    .input(webhookInput.extend(pageInput))
    .output(z.array(deliverySchema))
    .query(async ({ ctx, input }) => {
      const webhook = await findWebhook(ctx.db, ctx.actor, input.webhook_id, 'read');
      const { rows, total } = await listDeliveries(ctx.db, ctx.actor, webhook, input);
      const page = announcePage(ctx, { rows, total, limit: input.limit, idOf: ({ delivery }) => delivery.id });
      return page.map(({ delivery, payload }) => presentDelivery(delivery, payload));
    }),
});
