import type { Knex } from 'knex';
import { AuditEntry } from '../../../models/audit-entry.js';
import { applyCursor } from '../../database/keyset.js';
import { firstIdAt } from '../../database/uuid-time.js';
import { administersAll, type Actor } from '../auth/actor.js';
import type { AuditAction, AuditTarget } from './record.js';

export interface AuditFilter {
  actorId?: string | undefined;
  targetId?: string | undefined;
  targetType?: AuditTarget | undefined;
  action?: AuditAction | undefined;
  /** The first millisecond that counts. */
  from?: Date | undefined;
  /** The first millisecond that no longer counts. */
  until?: Date | undefined;
  limit: number;
  cursor?: string | undefined;
}

/**
 * The events an administrator may read, newest first: up to `limit + 1` rows, and how many there are in all. Time is a
 * span of the key, so that every index of the log serves it.
 */
export async function listAudit(db: Knex, administrator: Actor, filter: AuditFilter) {
  const { actorId, targetId, targetType, action, from, until, limit, cursor } = filter;
  const matching = AuditEntry.query(db).modify((query) => {
    if (!administersAll(administrator)) void query.where('organizationId', administrator.organizationId);
    if (actorId) void query.where({ actorId });
    if (targetId) void query.where({ targetId });
    if (targetType) void query.where({ targetType });
    if (action) void query.where({ action });
    if (from) void query.where('id', '>=', firstIdAt(from));
    if (until) void query.where('id', '<', firstIdAt(until));
  });
  const page = matching.clone().limit(limit + 1);
  applyCursor(page, cursor, 'audit_log.id');
  const [rows, total] = await Promise.all([page, matching.resultSize()]);
  return { rows, total };
}
