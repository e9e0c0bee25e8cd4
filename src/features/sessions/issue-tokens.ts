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

/** Gives a session its next access token and refresh token. */
export async function issueTokens(trx: Knex, signer: TokenSigner, session: Session): Promise<IssuedTokens> {
  const end = session.createdAt.getTime() + SESSION_SECONDS * 1000;
  const expiresAt = new Date(Math.min(end, Date.now() + REFRESH_TOKEN_SECONDS * 1000));
  const { id: tokenId } = await RefreshToken.query(trx).insert({ id: uuidv7(), sessionId: session.id, expiresAt });
  await Session.query(trx)
    .findById(session.id)
    .patch({ refreshedAt: raw('now()'), expiresAt });
  const [access, refresh] = await Promise.all([
    signer.signAccessToken({ userId: session.userId, sessionId: session.id }),
    signer.signRefreshToken({ tokenId, sessionId: session.id, expiresAt }),
  ]);
  return { access, refresh };
}
