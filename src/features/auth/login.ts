import type { Knex } from 'knex';
import { User } from '../../../models/user.js';
import { DomainError } from '../../errors.js';
import type { IssuedTokens } from '../sessions/issue-tokens.js';
import { startSession } from '../sessions/start.js';
import { findUserByName } from '../users/find.js';
import type { Origin } from './caller.js';
import { hashPassword, isWeakHash } from './password.js';
import { provePassword } from './prove-password.js';
import type { TokenSigner } from './token-signer.js';

/**
 * Signs in by e-mail or username, in any case, and password. A hash weaker than those of today is made anew.
 * @throws {DomainError} `unauthenticated`, `locked`, or `unavailable` while too many sign in at once.
 */
export async function logIn(
  { db, tokens }: { db: Knex; tokens: TokenSigner },
  origin: Origin,
  { name, password }: { name: string; password: string },
): Promise<{ user: User; issued: IssuedTokens }> {
  const user = await findUserByName(db, name);
  const proved = await provePassword(db, origin, { user, name, password });
  if (!user || !proved) throw new DomainError('unauthenticated', 'The name or the password is wrong.');
  if (isWeakHash(user.passwordHash)) await strengthen(db, user, password);
  const issued = await db.transaction((trx) => startSession(trx, tokens, user, origin));
  return { user, issued };
}

/** A password changed meanwhile stays as it is. */
async function strengthen(db: Knex, { id, passwordHash: weak }: User, password: string): Promise<void> {
  const passwordHash = await hashPassword(password);
  await User.query(db).findById(id).where('passwordHash', weak).patch({ passwordHash });
}
