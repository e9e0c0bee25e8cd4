import type { Knex } from 'knex';
import { raw } from 'objection';
import { Session } from '../../../models/session.js';
import { applyCursor } from '../../database/keyset.js';

/** A user's sessions that go on, newest first: up to `limit + 1` rows, and how many there are in all. */
export async function listSessions(
  db: Knex,
  userId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  const alive = Session.query(db).where({ userId }).whereNull('revokedAt').where('expiresAt', '>', raw('now()'));
  const page = alive.clone().limit(limit + 1);
  applyCursor(page, cursor, 'sessions.id');
  const [rows, total] = await Promise.all([page, alive.resultSize()]);
  return { rows, total };
}
