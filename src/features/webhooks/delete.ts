import type { Knex } from 'knex';
import { Webhook } from '../../../models/webhook.js';
import { notFound } from '../../errors.js';
import { recordAudit } from '../audit/record.js';
import type { Caller } from '../auth/caller.js';

/** Nothing is sent there any more, and what was is forgotten. */
export async function deleteWebhook(db: Knex, caller: Caller, webhook: Webhook): Promise<void> {
  await db.transaction(async (trx) => {
    if ((await Webhook.query(trx).deleteById(webhook.id)) === 0) throw notFound('Webhook');
    await recordAudit(trx, caller, {
      action: 'webhook.deleted',
      target: { type: 'webhook', id: webhook.id },
      organizationId: webhook.user?.organizationId ?? null,
      details: { host: new URL(webhook.url).host },
    });
  });
}
