import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { AuditEntry } from '../../../models/audit-entry.js';
import { timeOf } from '../../database/uuid-time.js';
import type { Actor } from '../auth/actor.js';
import type { Origin } from '../auth/caller.js';

export const auditActions = [
  'user.created',
  'user.updated',
  'user.deactivated',
  'user.reactivated',
  'user.deleted',
  'user.password_changed',
  'user.password_reset',
  'user.locked',
  'user.unlocked',
  'user.imported',
  'role.granted',
  'role.removed',
  'session.started',
  'session.ended',
  'session.reuse_detected',
  'sessions.ended',
  'token.created',
  'token.revoked',
  'organization.created',
  'organization.updated',
  'organization.deleted',
  'camera.created',
  'camera.updated',
  'camera.deleted',
  'image.deleted',
  'request.updated',
  'request.deleted',
  'request.assigned',
  'request.distributed',
  'settings.changed',
  'references.added',
  'references.deleted',
  'webhook.created',
  'webhook.deleted',
] as const;

export type AuditAction = (typeof auditActions)[number];

export const auditTargets = [
  'user',
  'session',
  'token',
  'organization',
  'camera',
  'image',
  'request',
  'settings',
  'references',
  'webhook',
] as const;

export type AuditTarget = (typeof auditTargets)[number];

export interface AuditEvent {
  action: AuditAction;
  target: { type: AuditTarget; id: string };
  /** Whose administrators may read of it: the organization of the row concerned. */
  organizationId: string | null;
  /** What changed. Never a secret, nor anything derived from one. */
  details?: Record<string, unknown>;
}

/** Puts an event on record, in the transaction of the change it tells of: there are both or neither. */
export async function recordAudit(
  trx: Knex,
  { actor, ip, userAgent, requestId }: Origin & { actor: Pick<Actor, 'id'> | null },
  { action, target, organizationId, details = {} }: AuditEvent,
): Promise<void> {
  const id = uuidv7();
  await AuditEntry.query(trx).insert({
    id,
    action,
    actorId: actor?.id ?? null,
    targetType: target.type,
    targetId: target.id,
    organizationId,
    details,
    ip,
    userAgent,
    requestId,
    // One clock for both: lists go by the id.
    createdAt: timeOf(id),
  });
}
