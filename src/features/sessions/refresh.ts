import type { Knex } from 'knex';
import { raw } from 'objection';
import { RefreshToken } from '../../../models/refresh-token.js';
import { Session } from '../../../models/session.js';
import { User } from '../../../models/user.js';
import { DomainError } from '../../errors.js';
import { recordAudit } from '../audit/record.js';
import type { Origin } from '../auth/caller.js';
import type { RefreshClaims, TokenSigner } from '../auth/token-signer.js';
import { issueTokens, type IssuedTokens } from './issue-tokens.js';

/** Two tabs that share a refresh token may both exchange it, if they do so at about the same time. */
const SHARED_WITHIN = `interval '10 seconds'`;

/**
 * Exchanges a refresh token for new tokens. It is good once; coming back later it has been stolen from, or by, whoever
 * uses its successors, and the session ends for both (RFC 9700, 4.14.2).
 * @throws {DomainError} `unauthenticated`.
 */
export async function refreshSession(
  { db, tokens }: { db: Knex; tokens: TokenSigner },
  refreshToken: string,
  origin: Origin,
): Promise<IssuedTokens> {
  const claims = await tokens.readRefreshToken(refreshToken);
  const issued = claims && (await db.transaction((trx) => exchange(trx, tokens, claims, origin)));
  if (!issued) throw new DomainError('unauthenticated', 'This refresh token is not valid any more: sign in again.');
  return issued;
}

/** Null, not a fault, where it is refused: what the refusal wrote has to stay. */
async function exchange(
  trx: Knex.Transaction,
  signer: TokenSigner,
  { tokenId, sessionId, expiresAt }: RefreshClaims,
  origin: Origin,
): Promise<IssuedTokens | null> {
  // Exchanges of one session queue here.
  const session = await Session.query(trx).findById(sessionId).whereNull('revokedAt').forUpdate();
  const user = session && (await User.query(trx).findById(session.userId).where('isActive', true));
  // One that has run out is no sign of theft.
  if (!user || !(await isInTime(trx, expiresAt))) return null;

  const isFirstUse = await RefreshToken.query(trx)
    .findById(tokenId)
    .where({ sessionId })
    .whereNull('usedAt')
    .patch({ usedAt: raw('now()') });
  if (isFirstUse || (await wasJustUsed(trx, tokenId, sessionId))) return issueTokens(trx, signer, session);

  await Session.query(trx)
    .findById(sessionId)
    .patch({ revokedAt: raw('now()') });
  await recordAudit(
    trx,
    { ...origin, actor: null },
    {
      action: 'session.reuse_detected',
      target: { type: 'session', id: sessionId },
      organizationId: user.organizationId,
      details: { user_id: user.id },
    },
  );
  return null;
}

/** By the database's clock, whose time was signed. */
async function isInTime(trx: Knex, expiresAt: number): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: [{ isInTime: boolean }] }>('select now() < to_timestamp(?) as "isInTime"', [
    expiresAt,
  ]);
  return rows[0].isInTime;
}

async function wasJustUsed(trx: Knex, tokenId: string, sessionId: string): Promise<boolean> {
  const used = await RefreshToken.query(trx)
    .findById(tokenId)
    .where({ sessionId })
    .where('usedAt', '>', raw(`now() - ${SHARED_WITHIN}`));
  return used !== undefined;
}
