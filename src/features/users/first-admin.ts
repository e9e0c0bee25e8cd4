import type { Knex } from 'knex';
import { UserRole } from '../../../models/user-role.js';
import { rolesOf } from '../auth/find-actor.js';
import { verifyPassword } from '../auth/password.js';
import { createUser } from './create.js';
import { findUserByName } from './find.js';

/**
 * Sees that the configured SUPER_ADMIN exists; processes that start at once make him once. A user who registered under
 * that e-mail before is raised only if the configured password is his: an address alone proves nothing.
 * @returns whether the configured account is a SUPER_ADMIN now.
 */
export async function ensureFirstAdmin(db: Knex, account: { email: string; password: string }): Promise<boolean> {
  return db.transaction(async (trx) => {
    await trx.raw(`select pg_advisory_xact_lock(hashtext('first admin'))`);
    const existing = await findUserByName(trx, account.email);
    if (existing && rolesOf(existing).includes('SUPER_ADMIN')) return true;
    if (existing && !(await verifyPassword(account.password, existing.passwordHash))) return false;

    const user = existing ?? (await createUser(trx, { ...account, name: 'Administrator' }));
    await UserRole.query(trx).insert({ userId: user.id, roleCode: 'SUPER_ADMIN' });
    return true;
  });
}
