import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { User } from '../../../models/user.js';
import { Webhook, type WebhookEvent, type WebhookScope } from '../../../models/webhook.js';
import { conflict, forbidden, invalid } from '../../errors.js';
import { sealText, type SealingKey } from '../../sealed-text.js';
import { recordAudit } from '../audit/record.js';
import type { Caller } from '../auth/caller.js';
import { confirmActive } from '../auth/confirm-caller.js';
import { mayCreateWebhook } from './policy.js';
import { isPublicAddress, literalAddress } from './public-address.js';
import { newSecret } from './secret.js';

const MOST_WEBHOOKS = 10;

export interface NewWebhook {
  url: string;
  events: WebhookEvent[];
  scope: WebhookScope;
}

/**
 * Has an address told of events. Its secret is in the answer and nowhere else.
 * @throws {DomainError} `forbidden` for whom there is nothing to tell, `invalid` naming `url`, `conflict` at ten.
 */
export async function createWebhook(
  db: Knex,
  caller: Caller,
  { url, events, scope }: NewWebhook,
  { key, allowPrivate }: { key: SealingKey; allowPrivate: boolean },
): Promise<{ webhook: Webhook; secret: string }> {
  const { actor } = caller;
  if (!mayCreateWebhook(actor, scope)) {
    throw forbidden('Customers are told of their requests, administrators of those they administer.');
  }
  const address = readAddress(url, allowPrivate);
  const id = uuidv7();
  const secret = newSecret();
  const webhook = await db.transaction(async (trx) => {
    // His row orders calls made at once, so that none of them miscounts.
    confirmActive(await User.query(trx).findById(actor.id).forNoKeyUpdate());
    const existing = await Webhook.query(trx).where({ userId: actor.id }).resultSize();
    if (existing >= MOST_WEBHOOKS) throw conflict(`You have ${existing} webhooks: delete one that you no longer need.`);
    const sealedSecret = sealText(key, id, secret);
    const made = await Webhook.query(trx).insertAndFetch({
      id,
      userId: actor.id,
      url: address.href,
      events: [...new Set(events)],
      scope,
      sealedSecret,
    });
    await recordAudit(trx, caller, {
      action: 'webhook.created',
      target: { type: 'webhook', id },
      organizationId: actor.organizationId,
      details: { host: address.host, events, scope },
    });
    return made;
  });
  return { webhook, secret };
}

/** Names are looked at when something is sent: what they resolve to may change. */
function readAddress(text: string, allowPrivate: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw invalid('url', 'Give an address that starts with https:// or http://.');
  if (url.username || url.password) throw invalid('url', 'The address must not hold a name or password.');
  url.hash = '';
  const literal = literalAddress(url);
  const isLocal = literal === undefined ? /(^|\.)localhost\.?$/.test(url.hostname) : !isPublicAddress(literal);
  if (isLocal && !allowPrivate) throw invalid('url', 'The address must be one of the internet.');
  return url;
}
