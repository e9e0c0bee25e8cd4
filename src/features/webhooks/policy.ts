import { administers, isSuperAdmin, type Actor } from '../auth/actor.js';
import { mayCreateRequest } from '../requests/policy.js';
import type { WebhookScope } from '../../../models/webhook.js';

/** A webhook, as far as rights over it go: whose it is, and where he belongs. */
export interface WebhookRow {
  userId: string;
  organizationId: string | null;
}

/**
 * - `read`: the webhook and its deliveries, but never its secret
 * - `delete`
 * - `test`: have something sent
 */
export const webhookOperations = ['read', 'delete', 'test'] as const;
export type WebhookOperation = (typeof webhookOperations)[number];

/** Who orders data is told of his requests, who administers of those he administers. */
export function mayCreateWebhook(actor: Actor, scope: WebhookScope): boolean {
  if (scope === 'own') return mayCreateRequest(actor);
  return isSuperAdmin(actor) || actor.roles.includes('ADMIN');
}

export function mayOnWebhook(actor: Actor, operation: WebhookOperation, row: WebhookRow): boolean {
  return row.userId === actor.id || (operation !== 'test' && administers(actor, row));
}

/** Whether a webhook's user, as he is now, may be told of that request. */
export function mayBeTold(
  actor: Actor,
  scope: WebhookScope,
  request: { ownerId: string; organizationId: string | null },
): boolean {
  if (!mayCreateWebhook(actor, scope)) return false;
  return scope === 'own' ? request.ownerId === actor.id : administers(actor, request);
}
