import type { Knex } from 'knex';
import { Webhook } from '../../../models/webhook.js';
import { forbidden, notFound } from '../../errors.js';
import type { Actor } from '../auth/actor.js';
import { mayOnWebhook, type WebhookOperation } from './policy.js';

/**
 * The webhook, if the actor may do this to it.
 * @throws {DomainError} `not_found` when it is not there or not his to see, `forbidden` when he may only see it.
 */
export async function findWebhook(db: Knex, actor: Actor, id: string, operation: WebhookOperation): Promise<Webhook> {
  const webhook = await Webhook.query(db).findById(id).withGraphFetched('user');
  if (!webhook) throw notFound('Webhook');
  const row = { userId: webhook.userId, organizationId: webhook.user?.organizationId ?? null };
  if (!mayOnWebhook(actor, 'read', row)) throw notFound('Webhook');
  if (!mayOnWebhook(actor, operation, row)) throw forbidden('Only whoever made a webhook has it tested.');
  return webhook;
}
