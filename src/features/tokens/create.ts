import type { Knex } from 'knex';
import { raw } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { PersonalAccessToken, type TokenScope } from '../../../models/personal-access-token.js';
import { User } from '../../../models/user.js';
import { conflict } from '../../errors.js';
import { recordAudit } from '../audit/record.js';
import type { Caller } from '../auth/caller.js';
import { confirmCaller } from '../auth/confirm-caller.js';
import type { SignedIn } from '../auth/find-actor.js';
import { hashToken, newTokenText } from './token-text.js';

const MOST_TOKENS = 50;

export interface NewToken {
  name: string;
  scope: TokenScope;
  expiresInDays: number;
}

/**
 * Makes a personal access token of the caller's. Its text is in the answer and nowhere else.
 * @throws {DomainError} `conflict` when he has fifty that work.
 */
export async function createToken(
  db: Knex,
  caller: Caller & SignedIn,
  { name, scope, expiresInDays }: NewToken,
): Promise<{ token: PersonalAccessToken; text: string }> {
  const text = newTokenText();
  const { id: userId, organizationId } = caller.actor;
  const token = await db.transaction(async (trx) => {
    // The user's row orders calls made at once, so that none of them miscounts, and a change of password beside them:
    // its end of this session comes before or after.
    await User.query(trx).findById(userId).forNoKeyUpdate();
    await confirmCaller(trx, caller);
    const working = await PersonalAccessToken.query(trx)
      .where({ userId })
      .whereNull('revokedAt')
      .where('expiresAt', '>', raw('now()'))
      .resultSize();
    if (working >= MOST_TOKENS) throw conflict(`You have ${working} tokens: revoke one that you no longer need.`);
    const created = await PersonalAccessToken.query(trx).insertAndFetch({
      id: uuidv7(),
      userId,
      name,
      scope,
      tokenHash: hashToken(text),
      expiresAt: raw('now() + make_interval(days => ?)', [expiresInDays]),
    });
    await recordAudit(trx, caller, {
      action: 'token.created',
      target: { type: 'token', id: created.id },
      organizationId,
      details: { name, scope, expires_at: created.expiresAt },
    });
    return created;
  });
  return { token, text };
}
