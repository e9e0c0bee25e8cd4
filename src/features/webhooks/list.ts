import type { Knex } from 'knex';
import { Webhook } from '../../../models/webhook.js';
import { WebhookDelivery } from '../../../models/webhook-delivery.js';
import { applyCursor } from '../../database/keyset.js';
import { administersAll, type Actor } from '../auth/actor.js';

export interface PageOfWebhooks {
  limit: number;
  cursor?: string | undefined;
}

/** The webhooks the actor may read, newest first: up to `limit + 1` rows, and how many there are in all. */
export async function listWebhooks(db: Knex, actor: Actor, { limit, cursor }: PageOfWebhooks) {
  const readable = Webhook.query(db).modify((query) => {
    if (administersAll(actor)) return;
    const administered = actor.roles.includes('ADMIN') ? actor.organizationId : null;
    void query.joinRelated('user').where((any) => {
      void any.where('webhooks.userId', actor.id);
      if (administered !== null) void any.orWhere('user.organizationId', administered);
    });
  });
  const page = readable
    .clone()
    .select('webhooks.*')
    .limit(limit + 1);
  applyCursor(page, cursor, 'webhooks.id');
  const [rows, total] = await Promise.all([page, readable.resultSize()]);
  return { rows, total };
}

/** What was sent to a webhook, newest first: up to `limit + 1` rows, and how many there are in all. */
export async function listDeliveries(db: Knex, webhookId: string, { limit, cursor }: PageOfWebhooks) {
  const sent = WebhookDelivery.query(db).where({ webhookId });
  const page = sent.clone().limit(limit + 1);
  applyCursor(page, cursor, 'webhook_deliveries.id');
  const [rows, total] = await Promise.all([page, sent.resultSize()]);
  return { rows, total };
}
