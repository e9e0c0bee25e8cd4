import type { Knex } from 'knex';
import { raw } from 'objection';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { Webhook } from '../../../models/webhook.js';
import { WebhookDelivery } from '../../../models/webhook-delivery.js';
import { openText, type SealingKey } from '../../sealed-text.js';
import { findActor } from '../auth/find-actor.js';
import { mayBeTold } from './policy.js';
import { post } from './post.js';
import { signatureHeaders } from './secret.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Between one attempt and the next, as Standard Webhooks has it: for a bit over three days. */
const PAUSES_SECONDS = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

const GONE = 410;

export interface Sender {
  db: Knex;
  webhookKey: SealingKey;
  allowPrivate: boolean;
}

/**
 * Makes one attempt at a delivery and notes how it went; the next one is put into the queue in the same transaction.
 * Whether the webhook's user may be told is asked each time: who was demoted or moved meanwhile is not.
 */
export async function deliverWebhook(sender: Sender, deliveryId: string): Promise<void> {
  const { db } = sender;
  const delivery = await WebhookDelivery.query(db).findById(deliveryId);
  const webhook = delivery && (await Webhook.query(db).findById(delivery.webhookId));
  if (!webhook || delivery.status !== 'pending') return;
  if (!webhook.active || !(await isStillHis(db, webhook, delivery))) {
    await WebhookDelivery.query(db)
      .findById(delivery.id)
      .patch({ status: 'dropped', finishedAt: raw('now()') });
    return;
  }
  const outcome = await attempt(sender, webhook, delivery);
  await note(db, webhook, delivery, outcome);
}

interface Outcome {
  responseStatus: number | null;
  /** Null when it arrived. */
  error: string | null;
}

async function isStillHis(db: Knex, webhook: Webhook, { requestId }: WebhookDelivery): Promise<boolean> {
  const actor = await findActor(db, webhook.userId);
  if (!actor) return false;
  if (requestId === null) return true;
  const request = await DatasetRequest.query(db).findById(requestId);
  return request !== undefined && mayBeTold(actor, webhook.scope, request);
}

async function attempt(sender: Sender, webhook: Webhook, { id, payload }: WebhookDelivery): Promise<Outcome> {
  const secret = openText(sender.webhookKey, webhook.id, webhook.sealedSecret);
  if (secret === null)
    return { responseStatus: null, error: 'The secret can no longer be read: make the webhook anew.' };
  try {
    const headers = { ...signatureHeaders(secret, id, payload), 'User-Agent': 'Assay-Webhooks/1' };
    const status = await post(webhook.url, { headers, body: payload, allowPrivate: sender.allowPrivate });
    const arrived = status >= 200 && status < 300;
    return { responseStatus: status, error: arrived ? null : refusalOf(status) };
  } catch (error) {
    return { responseStatus: null, error: faultOf(error as NodeJS.ErrnoException) };
  }
}

function refusalOf(status: number): string {
  if (status >= 300 && status < 400) return 'It was redirected, which is not followed: give the address it leads to.';
  return `It was answered with ${status}.`;
}

/** In few words, and none that a receiver or resolver could choose. */
function faultOf({ name, message, code }: NodeJS.ErrnoException): string {
  if (name === 'PrivateAddress' || message.startsWith('No answer')) return message;
  return `It could not be sent: ${/^[A-Z0-9_]{1,60}$/.exec(code ?? '')?.[0] ?? 'connection failed'}.`;
}

async function note(db: Knex, webhook: Webhook, delivery: WebhookDelivery, outcome: Outcome): Promise<void> {
  const attempts = delivery.attempts + 1;
  const pause = outcome.responseStatus === GONE ? undefined : PAUSES_SECONDS[attempts - 1];
  const again = outcome.error !== null && pause !== undefined;
  // A tenth more or less, so that what failed together does not come again together.
  const inSeconds = again ? pause * (0.9 + Math.random() / 5) : null;
  await db.transaction(async (trx) => {
    const noted = await WebhookDelivery.query(trx)
      .findById(delivery.id)
      .where({ status: 'pending', attempts: delivery.attempts })
      .patch({
        ...outcome,
        attempts,
        status: outcome.error === null ? 'delivered' : again ? 'pending' : 'failed',
        nextAttemptAt: inSeconds === null ? null : raw('now() + make_interval(secs => ?)', [inSeconds]),
        finishedAt: again ? null : raw('now()'),
      });
    if (noted === 0) return;
    if (inSeconds !== null) await enqueueDelivery(trx, delivery.id, webhook.userId, inSeconds);
    // By 410 a receiver says that it wants nothing more.
    if (outcome.responseStatus === GONE) await Webhook.query(trx).findById(webhook.id).patch({ active: false });
  });
}

/** Puts a delivery into the queue, behind that user's others. */
export async function enqueueDelivery(trx: Knex, deliveryId: string, userId: string, inSeconds = 0): Promise<void> {
  const due = 'now() + make_interval(secs => ?)';
  await trx.raw(`select enqueue_webhook_delivery(?, ?, ${due})`, [deliveryId, userId, inSeconds]);
}
