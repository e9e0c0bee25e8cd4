import type { Knex } from 'knex';
import { User } from '../../../models/user.js';
import { DomainError } from '../../errors.js';
import type { IssuedTokens } from '../sessions/issue-tokens.js';
import { startSession } from '../sessions/start.js';
import type { Origin } from './caller.js';
import { failureSubjects } from './login-failures.js';
import { hashPassword, isWeakHash, verifyPassword } from './password.js';
import { provePassword, type Provable } from './prove-password.js';
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
  const { folded, user: named } = await findNamed(db, name);
  const subject = named ? failureSubjects.account(named.id) : failureSubjects.name(folded);
  const proved = await provePassword(db, origin, { user: named, subject, password });
  if (!named || !proved) throw refused();
  const passwordHash = isWeakHash(named.passwordHash) ? await strengthen(db, named, password) : named.passwordHash;

  return db.transaction(async (trx) => {
    // As it was proved: a password changed meanwhile has ended all sessions, and must not find this one begun after.
    const user = await User.query(trx).findById(named.id).where({ isActive: true, passwordHash }).forShare();
    if (!user) throw refused();
    await user.$fetchGraph('userRoles', { transaction: trx });
    return { user, issued: await startSession(trx, tokens, user, origin) };
  });
}

const refused = () => new DomainError('unauthenticated', 'The name or the password is wrong.');

/** One statement, whether there is such a user or not: it takes the same time and folds case the same way. */
async function findNamed(db: Knex, name: string): Promise<{ folded: string; user: Provable | undefined }> {
  const { rows } = await db.raw<{
    rows: [{ folded: string } & { [Column in keyof Provable]: Provable[Column] | null }];
  }>(
    `select named.folded, users.id, users.organization_id as "organizationId", users.is_active as "isActive",
            users.password_hash as "passwordHash"
     from (select lower(:name) as folded) named
     left join users on lower(users.username) = named.folded or lower(users.email) = named.folded
     limit 1`,
    { name: name.normalize('NFC') },
  );
  const [{ folded, ...user }] = rows;
  return { folded, user: user.id === null ? undefined : (user as Provable) };
}

/** @returns the hash that stands for the password now: another login may have made it anew at the same moment. */
async function strengthen(db: Knex, { id, passwordHash: weak }: Provable, password: string): Promise<string> {
  const passwordHash = await hashPassword(password);
  const kept = await User.query(db).findById(id).where('passwordHash', weak).patch({ passwordHash });
  if (kept === 1) return passwordHash;
  const now = await User.query(db).findById(id).select('passwordHash');
  if (!now || !(await verifyPassword(password, now.passwordHash))) throw refused();
  return now.passwordHash;
}
