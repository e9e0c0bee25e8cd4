import type { Knex } from 'knex';
import type { User } from '../../../models/user.js';
import { forbidden } from '../../errors.js';
import type { Actor } from '../auth/actor.js';
import type { Origin } from '../auth/caller.js';
import { hashPassword } from '../auth/password.js';
import { refuseOwnName } from '../auth/password-rules.js';
import { recordAudit } from '../audit/record.js';
import { insertUser, type NewUser } from './create.js';
import { placementBy } from './policy.js';

/**
 * Makes an account: for himself by whoever comes while registration is open, for others by administrators at any time.
 * Whom an organization's administrator makes belongs to that organization; who administers all may name one.
 * @throws {DomainError} `forbidden` while registration is closed or for an organization that is not the caller's to
 *   fill, otherwise as `refuseOwnName` and `insertUser`.
 */
export async function registerUser(
  db: Knex,
  caller: Origin & { actor: Actor | null },
  { password, organizationId, ...fields }: NewUser,
  { registrationOpen }: { registrationOpen: boolean },
): Promise<User> {
  const { actor } = caller;
  const isAdministrator = actor?.roles.some((role) => role === 'ADMIN' || role === 'SUPER_ADMIN') ?? false;
  if (!registrationOpen && !isAdministrator) {
    throw forbidden('Registration is closed: ask an administrator for an account.');
  }
  const placement = placementBy(actor);
  const home = placement.anywhere ? organizationId : placement.organizationId;
  if (organizationId && organizationId !== home) {
    throw forbidden('Only an administrator of all organizations says which one a user belongs to.');
  }

  refuseOwnName(password, fields);
  // Before the transaction: hashing takes long, and a connection is not to wait for it.
  const passwordHash = await hashPassword(password);
  return db.transaction(async (trx) => {
    const user = await insertUser(trx, { ...fields, organizationId: home, passwordHash });
    await recordAudit(trx, caller, {
      action: 'user.created',
      target: { type: 'user', id: user.id },
      organizationId: user.organizationId,
      details: { email: user.email, username: user.username, name: user.name, organization_id: user.organizationId },
    });
    return user;
  });
}
