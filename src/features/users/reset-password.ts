import type { Knex } from 'knex';
import { User } from '../../../models/user.js';
import { recordAudit } from '../audit/record.js';
import type { Origin } from '../auth/caller.js';
import { unlock } from '../auth/login-failures.js';
import { hashPassword } from '../auth/password.js';
import { endSessions, revokeAllTokens } from '../sessions/end.js';

/** Gives a user another password, as an operator does: whoever had got in, by whatever token, is out. */
export async function resetPassword(db: Knex, origin: Origin, user: User, password: string): Promise<void> {
  const passwordHash = await hashPassword(password);
  await db.transaction(async (trx) => {
    await User.query(trx).findById(user.id).patch({ passwordHash });
    const sessions_ended = await endSessions(trx, user.id);
    const tokens_revoked = await revokeAllTokens(trx, user.id);
    await unlock(trx, user);
    await recordAudit(
      trx,
      { ...origin, actor: null },
      {
        action: 'user.password_reset',
        target: { type: 'user', id: user.id },
        organizationId: user.organizationId,
        details: { sessions_ended, tokens_revoked },
      },
    );
  });
}
