import { Model } from 'objection';
import type { WebhookEvent } from './webhook.js';

/** `dropped`: its receiver had no right to it any more. */
export type WebhookDeliveryStatus = 'pending' | 'delivered' | 'failed' | 'dropped';

/** One event on its way to one webhook. */
export class WebhookDelivery extends Model {
  static override tableName = 'webhook_deliveries';

  declare id: string;
  declare webhookId: string;
  declare event: WebhookEvent | 'webhook.test';
  /** Null for a test. */
  declare requestId: string | null;
  /** The body as it is sent and signed. */
  declare payload: string;
  declare status: WebhookDeliveryStatus;
  declare attempts: number;
  /** Of the last attempt; null where none was answered. */
  declare responseStatus: number | null;
  declare error: string | null;
  declare nextAttemptAt: Date | null;
  declare finishedAt: Date | null;
  declare createdAt: Date;
}
