import type { Knex } from 'knex';
import { DomainError } from '../../errors.js';
import { StartupError } from '../../startup-error.js';
import type { Origin } from '../auth/caller.js';
import { rolesOf } from '../auth/find-actor.js';
import { newPasswordSchema, refuseOwnName } from '../auth/password-rules.js';
import { verifyPassword } from '../auth/password.js';
import { recordAudit } from '../audit/record.js';
import { lockAdministrators } from './administrators.js';
import { changeRoles } from './change-roles.js';
import { createUser } from './create.js';
import { findUserByName } from './find.js';

const atStart: Origin & { actor: null } = { actor: null, ip: null, userAgent: null, requestId: null };

/**
 * Sees that the configured SUPER_ADMIN exists; processes that start at once make him once. A user who registered under
 * that e-mail before is raised only if the configured password is his: an address alone proves nothing.
 * @returns whether the configured account is a SUPER_ADMIN now.
 * @throws {StartupError} where he is to be made with a password that anybody would try.
 */
export async function ensureFirstAdmin(db: Knex, account: { email: string; password: string }): Promise<boolean> {
  return db.transaction(async (trx) => {
    await lockAdministrators(trx);
    const existing = await findUserByName(trx, account.email);
    if (existing && rolesOf(existing).includes('SUPER_ADMIN')) return true;
    if (existing && !(await verifyPassword(account.password, existing.passwordHash))) return false;

    if (!existing) refuseWeak(account);
    const user = existing ?? (await createUser(trx, { ...account, name: 'Administrator' }));
    if (!existing) {
      await recordAudit(trx, atStart, {
        action: 'user.created',
        target: { type: 'user', id: user.id },
        organizationId: null,
        details: { email: user.email, username: user.username, name: user.name, organization_id: null },
      });
    }
    await changeRoles(trx, atStart, user, { granted: ['SUPER_ADMIN'] });
    return true;
  });
}

function refuseWeak({ email, password }: { email: string; password: string }): void {
  const fault = newPasswordSchema.safeParse(password).error?.issues[0]?.message;
  if (fault !== undefined) throw new StartupError(`ADMIN_PASSWORD: ${fault}`);
  try {
    refuseOwnName(password, { email, name: '' });
  } catch (error) {
    throw error instanceof DomainError ? new StartupError(`ADMIN_PASSWORD: ${error.message}`) : error;
  }
}
