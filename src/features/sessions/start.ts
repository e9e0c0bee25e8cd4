import type { Knex } from 'knex';
import { raw } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { Session } from '../../../models/session.js';
import type { User } from '../../../models/user.js';
import { recordAudit } from '../audit/record.js';
import type { Origin } from '../auth/caller.js';
import type { TokenSigner } from '../auth/token-signer.js';
import { issueTokens, type IssuedTokens } from './issue-tokens.js';

/** Begins a session of a user who has proved who he is. */
export async function startSession(
  trx: Knex.Transaction,
  signer: TokenSigner,
  user: User,
  origin: Origin,
): Promise<IssuedTokens> {
  const { ip, userAgent } = origin;
  const session = await Session.query(trx).insertAndFetch({
    id: uuidv7(),
    userId: user.id,
    ip,
    userAgent,
    createdAt: raw('now()'),
    expiresAt: raw('now()'),
  });
  await recordAudit(
    trx,
    { ...origin, actor: user },
    {
      action: 'session.started',
      target: { type: 'session', id: session.id },
      organizationId: user.organizationId,
    },
  );
  return issueTokens(trx, signer, session);
}
