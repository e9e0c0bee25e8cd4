import type { Knex } from 'knex';
import { User } from '../../../models/user.js';
import { conflict, invalid } from '../../errors.js';
import { recordAudit } from '../audit/record.js';
import { endSessions } from '../sessions/end.js';
import { findUser } from '../users/find.js';
import type { Caller } from './caller.js';
import { failureSubjects } from './login-failures.js';
import { hashPassword } from './password.js';
import { refuseOwnName } from './password-rules.js';
import { provePassword } from './prove-password.js';

/**
 * Gives the caller another password and ends all his other sessions.
 * @throws {DomainError} `invalid` naming `current_password`, or `new_password` for one's own name, `locked` after too many wrong ones, `conflict` where the
 * password was changed meanwhile.
 */
export async function changePassword(
  db: Knex,
  caller: Caller,
  { sessionId, current, next }: { sessionId: string; current: string; next: string },
): Promise<void> {
  const user = await findUser(db, caller.actor.id);
  if (!(await provePassword(db, caller, { user, subject: failureSubjects.insider(user.id), password: current }))) {
    throw invalid('current_password', 'This is not your password.');
  }
  refuseOwnName(next, user, 'new_password');
  const passwordHash = await hashPassword(next);
  await db.transaction(async (trx) => {
    const changed = await User.query(trx)
      .findById(user.id)
      .where('passwordHash', user.passwordHash)
      .patch({ passwordHash });
    if (changed === 0) throw conflict('Your password was changed by another call just now.');
    const ended = await endSessions(trx, user.id, { except: sessionId });
    await recordAudit(trx, caller, {
      action: 'user.password_changed',
      target: { type: 'user', id: user.id },
      organizationId: user.organizationId,
      details: { sessions_ended: ended },
    });
  });
}
