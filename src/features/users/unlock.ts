import type { Knex } from 'knex';
import type { User } from '../../../models/user.js';
import { recordAudit } from '../audit/record.js';
import type { Origin } from '../auth/caller.js';
import { unlock } from '../auth/login-failures.js';

/** Ends a user's lock, and forgets the failures that led to it, as an operator does. @returns whether there were any. */
export async function unlockUser(db: Knex, origin: Origin, user: User): Promise<boolean> {
  return db.transaction(async (trx) => {
    const forgotten = await unlock(trx, user);
    if (forgotten) {
      await recordAudit(
        trx,
        { ...origin, actor: null },
        { action: 'user.unlocked', target: { type: 'user', id: user.id }, organizationId: user.organizationId },
      );
    }
    return forgotten;
  });
}
