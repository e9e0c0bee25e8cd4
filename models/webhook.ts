import { Model } from 'objection';
import { User } from './user.js';

export const webhookEvents = ['qc.completed', 'task.completed', 'request.created'] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

/** Whose requests it tells of: its user's, or all that he administers. */
export type WebhookScope = 'own' | 'organization';

/** An address that is told of events. */
export class Webhook extends Model {
  static override tableName = 'webhooks';

  declare id: string;
  declare userId: string;
  declare url: string;
  declare events: WebhookEvent[];
  declare scope: WebhookScope;
  /** Encrypted: deliveries are signed with it. */
  declare sealedSecret: Buffer;
  declare active: boolean;
  declare createdAt: Date;
  declare user?: User;

  static override get relationMappings() {
    return {
      user: {
        relation: Model.BelongsToOneRelation,
        modelClass: User,
        join: { from: 'webhooks.userId', to: 'users.id' },
      },
    };
  }
}
