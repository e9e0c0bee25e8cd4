import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { raw } from 'objection';
import { LoginFailure } from '../../../models/login-failure.js';
import type { User } from '../../../models/user.js';
import { DomainError } from '../../errors.js';
import { recordAudit } from '../audit/record.js';
import type { Origin } from './caller.js';

const MOST_FAILURES = 5;
const LOCK_MINUTES = 15;

/** By whom a password is proved, whose failures are counted together. */
export const failureSubjects = {
  /** An account at the door, by whichever of its names. */
  account: (userId: string) => `user:${userId}`,
  /** One who is inside already: a stranger's failures at the door must not keep him from changing his password. */
  insider: (userId: string) => `inside:${userId}`,
  /**
   * A name that is no account's: it is locked as an account is, so that a lock does not tell that there is one.
   * @param folded the name as PostgreSQL folds case.
   */
  name: (folded: string) => `name:${createHash('sha256').update(folded).digest('base64url')}`,
};

/** @throws {DomainError} `locked` after five failures within 15 minutes, until 15 minutes after the last. */
export async function refuseLocked(db: Knex, subject: string): Promise<void> {
  const locked: unknown = await LoginFailure.query(db)
    .findById(subject)
    .where('lockedUntil', '>', raw('now()'))
    .select(raw('extract(epoch from locked_until - now())::float8').as('seconds'));
  if (!locked) return;
  const { seconds } = locked as { seconds: number };
  const minutes = Math.ceil(seconds / 60);
  const sentence = `Too many failed attempts to sign in. Try again in ${minutes} minute${minutes === 1 ? '' : 's'}.`;
  throw new DomainError('locked', sentence, undefined, Math.ceil(seconds));
}

/**
 * Counts a failure in one statement; the fifth locks, which goes on record where there is an account.
 * @throws {DomainError} `locked` beyond the fifth: a wrong guess that was under way when the lock came is told what a
 *   right one is told, else the answers would say which of them it was.
 */
export async function countFailure(
  db: Knex,
  subject: string,
  { user, origin }: { user: Pick<User, 'id' | 'organizationId'> | undefined; origin: Origin },
): Promise<void> {
  const count = await db.transaction(async (trx) => {
    const { rows } = await trx.raw<{ rows: { count: number }[] }>(
      `insert into login_failures as known (subject, count, last_failed_at) values (:subject, 1, now())
       on conflict (subject) do update set
         count = case when known.last_failed_at > now() - :window::interval then known.count + 1 else 1 end,
         last_failed_at = now(),
         locked_until = case
           when known.last_failed_at > now() - :window::interval and known.count + 1 >= :most then now() + :window::interval
         end
       returning count`,
      { subject, window: `${LOCK_MINUTES} minutes`, most: MOST_FAILURES },
    );
    const counted = rows[0]?.count ?? 0;
    if (user && counted === MOST_FAILURES) {
      const { id, organizationId } = user;
      await recordAudit(
        trx,
        { ...origin, actor: null },
        { action: 'user.locked', target: { type: 'user', id }, organizationId },
      );
    }
    return counted;
  });
  if (count > MOST_FAILURES) await refuseLocked(db, subject);
}

/**
 * Forgets the failures of one who has now succeeded.
 * @throws {DomainError} `locked` where others failed in the meantime: guesses made side by side must not win by it.
 */
export async function forgetFailures(trx: Knex, subject: string): Promise<void> {
  await LoginFailure.query(trx)
    .deleteById(subject)
    .where((open) => void open.whereNull('lockedUntil').orWhere('lockedUntil', '<=', raw('now()')));
  await refuseLocked(trx, subject);
}

/** Ends a user's locks before their time. @returns whether there was anything to forget. */
export async function unlock(trx: Knex, { id }: Pick<User, 'id'>): Promise<boolean> {
  const subjects = [failureSubjects.account(id), failureSubjects.insider(id)];
  return (await LoginFailure.query(trx).delete().whereIn('subject', subjects)) > 0;
}
