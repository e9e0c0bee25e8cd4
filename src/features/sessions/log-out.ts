import type { Knex } from 'knex';
import { raw } from 'objection';
import { Session } from '../../../models/session.js';
import { User } from '../../../models/user.js';
import { notFound } from '../../errors.js';
import { recordAudit } from '../audit/record.js';
import type { Caller, Origin } from '../auth/caller.js';
import { endSessions } from './end.js';

/**
 * Ends one session; ending it twice changes nothing.
 * @param session.ownerId where given, it has to be his.
 * @throws {DomainError} `not_found`.
 */
export async function endSession(
  db: Knex,
  origin: Origin,
  { sessionId, ownerId }: { sessionId: string; ownerId?: string },
): Promise<void> {
  await db.transaction(async (trx) => {
    const session = await Session.query(trx).findById(sessionId).forUpdate();
    if (!session || (ownerId !== undefined && session.userId !== ownerId)) throw notFound('Session');
    if (session.revokedAt) return;
    await Session.query(trx)
      .findById(sessionId)
      .patch({ revokedAt: raw('now()') });
    const user = await User.query(trx).findById(session.userId).throwIfNotFound();
    await recordAudit(
      trx,
      { ...origin, actor: user },
      {
        action: 'session.ended',
        target: { type: 'session', id: sessionId },
        organizationId: user.organizationId,
      },
    );
  });
}

/** Ends all sessions of the caller, the one he calls from included. @returns how many there were. */
export async function logOutEverywhere(db: Knex, caller: Caller): Promise<number> {
  const { id, organizationId } = caller.actor;
  return db.transaction(async (trx) => {
    const ended = await endSessions(trx, id);
    await recordAudit(trx, caller, {
      action: 'sessions.ended',
      target: { type: 'user', id },
      organizationId,
      details: { sessions_ended: ended },
    });
    return ended;
  });
}
