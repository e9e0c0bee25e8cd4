import type { Knex } from 'knex';
import { raw } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { RefreshToken } from '../../../models/refresh-token.js';
import { Session } from '../../../models/session.js';
import type { TokenSigner } from '../auth/token-signer.js';

/** A refresh token lives that long, and with it a session that nobody refreshes. */
export const REFRESH_TOKEN_SECONDS = 24 * 60 * 60;
/** However often it is refreshed, a session ends then. */
const SESSION_SECONDS = 30 * 24 * 60 * 60;

export interface IssuedTokens {
  access: string;
  refresh: string;
}

/**
 * Gives a session its next access token and refresh token. Their times are the database's, by which they are checked:
 * machines whose clocks differ agree on what has expired.
 */
export async function issueTokens(trx: Knex, signer: TokenSigner, session: Session): Promise<IssuedTokens> {
  const end = raw(
    `least(now() + make_interval(secs => ?), (select created_at from sessions where id = ?) + make_interval(secs => ?))`,
    [REFRESH_TOKEN_SECONDS, session.id, SESSION_SECONDS],
  );
  const { id: tokenId } = await RefreshToken.query(trx).insert({
    id: uuidv7(),
    sessionId: session.id,
    createdAt: raw('now()'),
    expiresAt: end,
  });
  await Session.query(trx)
    .findById(session.id)
    .patch({ refreshedAt: raw('now()'), expiresAt: end });
  const { createdAt: now, expiresAt } = await RefreshToken.query(trx).findById(tokenId).throwIfNotFound();
  const [access, refresh] = await Promise.all([
    signer.signAccessToken({ userId: session.userId, sessionId: session.id, now }),
    signer.signRefreshToken({ tokenId, sessionId: session.id, expiresAt, now }),
  ]);
  return { access, refresh };
}
