import type { Knex } from 'knex';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Webhook } from '../../../models/webhook.js';
import { WebhookDelivery } from '../../../models/webhook-delivery.js';
import { applyCursor } from '../../database/keyset.js';
import { administers, administersAll, type Actor } from '../auth/actor.js';
import { mayBeTold } from './policy.js';

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

/**
 * What was sent to a webhook, newest first: up to `limit + 1` rows, and how many there are in all. `payload` is null where
 * whoever reads may not, or no longer, know of the request that it tells of.
 */
export async function listDeliveries(db: Knex, actor: Actor, webhook: Webhook, { limit, cursor }: PageOfWebhooks) {
  const sent = WebhookDelivery.query(db).where({ webhookId: webhook.id });
  const page = sent.clone().limit(limit + 1);
  applyCursor(page, cursor, 'webhook_deliveries.id');
  const [deliveries, total] = await Promise.all([page, sent.resultSize()]);

  const ids = deliveries.flatMap(({ requestId }) => requestId ?? []);
  const requests = await DatasetRequest.query(db).findByIds([...new Set(ids)]);
  const known = new Set(requests.filter((request) => mayKnow(actor, webhook, request)).map(({ id }) => id));
  const rows = deliveries.map((delivery) => ({
    delivery,
    payload: delivery.requestId === null || known.has(delivery.requestId) ? delivery.payload : null,
  }));
  return { rows, total };
}

const mayKnow = (actor: Actor, webhook: Webhook, request: DatasetRequest) =>
  actor.id === webhook.userId ? mayBeTold(actor, webhook.scope, request) : administers(actor, request);
