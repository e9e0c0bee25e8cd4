import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { Webhook } from '../../../models/webhook.js';
import { WebhookDelivery } from '../../../models/webhook-delivery.js';
import { conflict } from '../../errors.js';
import { enqueueDelivery } from './deliver.js';

/** Has a `webhook.test` sent the way of all events. @throws {DomainError} `conflict` while another is on its way. */
export async function sendTest(db: Knex, webhook: Webhook): Promise<WebhookDelivery> {
  if (!webhook.active) throw conflict('Its receiver wanted nothing more (410): make the webhook anew.');
  return db.transaction(async (trx) => {
    // Of two calls at once the later finds the earlier's.
    await Webhook.query(trx).findById(webhook.id).select('id').forNoKeyUpdate();
    const pending = { webhookId: webhook.id, event: 'webhook.test' as const, status: 'pending' as const };
    if (await WebhookDelivery.query(trx).findOne(pending))
      throw conflict('A test is on its way: look at the deliveries.');
    const id = uuidv7();
    const data = { webhook_id: webhook.id };
    const payload = JSON.stringify({ type: 'webhook.test', timestamp: new Date().toISOString(), data });
    const delivery = await WebhookDelivery.query(trx).insertAndFetch({ id, ...pending, payload });
    await enqueueDelivery(trx, id, webhook.userId);
    return delivery;
  });
}
