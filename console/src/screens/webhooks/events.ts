import type { RouterOutputs } from '../../api.js';

export type Webhook = RouterOutputs['webhooks']['list'][number];
export type Delivery = RouterOutputs['webhooks']['deliveries'][number];
export type WebhookEvent = Webhook['events'][number];

export const eventNames = {
  'qc.completed': 'webhookQcCompleted',
  'task.completed': 'webhookTaskCompleted',
  'request.created': 'webhookRequestCreated',
  'webhook.test': 'webhookTest',
} as const satisfies Record<Delivery['event'], string>;

export const webhookEvents = ['qc.completed', 'task.completed', 'request.created'] as const satisfies WebhookEvent[];
