import type { Knex } from 'knex';
import { raw } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { IdempotencyKey } from '../../../models/idempotency-key.js';
import { PersonalAccessToken } from '../../../models/personal-access-token.js';
import { Session } from '../../../models/session.js';
import { User } from '../../../models/user.js';
import { UserRole } from '../../../models/user-role.js';
import { Webhook } from '../../../models/webhook.js';
import { conflict, forbidden } from '../../errors.js';
import { forgetPerson } from '../audit/forget-person.js';
import { recordAudit } from '../audit/record.js';
import type { Caller } from '../auth/caller.js';
import { currentCaller } from '../auth/confirm-caller.js';
import { rolesOf } from '../auth/find-actor.js';
import { unlock } from '../auth/login-failures.js';
import { removeRequestsOf } from '../requests/remove.js';
import { lockAdministrators, refuseWithoutAdministrators } from './administrators.js';
import { confirmPassword } from './confirm-password.js';
import { findVisibleUser, lockVisibleUser, userRow } from './find.js';
import { mayOnUser } from './policy.js';

export interface Deletion {
  /** What becomes of the requests he owns; not said, he may own none. */
  requests?: 'delete' | 'keep' | undefined;
  /** Of the user, where he deletes himself. */
  currentPassword?: string | undefined;
}

const NOBODY = 'Deleted user';
/** No password has it. */
const NO_HASH = '!';

/**
 * Deletes a user and all that says who he was. A row without a name stays in his place, for what others need goes on
 * referring to it: labels, reviews, classifications and the images they are of, the audit log.
 * @throws {DomainError} `not_found` for a user out of the actor's reach, `forbidden` for who may not, `invalid` naming
 *   `current_password`, `conflict` when nobody would be left to administer, while he owns requests of which it was not
 *   said what becomes of them, and as `removeRequest` where they are to go with him.
 */
export async function deleteUser(
  db: Knex,
  calling: Caller,
  id: string,
  { requests, currentPassword }: Deletion,
): Promise<void> {
  const known = await findVisibleUser(db, calling.actor, id);
  const isHimself = known.id === calling.actor.id;
  // Outside the transaction: hashing takes long, and a connection is not to wait for it.
  if (isHimself) await confirmPassword(db, calling, known, currentPassword);
  await db.transaction(async (trx) => {
    await lockAdministrators(trx);
    const caller = await currentCaller(trx, calling);
    const user = await lockVisibleUser(trx, caller.actor, id);
    if (!mayOnUser(caller.actor, 'delete', userRow(user))) {
      throw forbidden('Only a SUPER_ADMIN deletes a SUPER_ADMIN.');
    }
    if (isHimself && user.passwordHash !== known.passwordHash) {
      throw conflict('Your password was changed by another call just now.');
    }
    const owned = await DatasetRequest.query(trx).where({ ownerId: id }).whereNull('deletedAt').resultSize();
    if (owned > 0 && requests === undefined) throw sayWhatBecomesOf(owned);
    if (requests === 'delete') await removeRequestsOf(trx, caller, id);

    const { isActive, organizationId } = user;
    const roles = rolesOf(user);
    await forget(trx, user);
    await refuseWithoutAdministrators(trx, { isActive, organizationId, roles });
    await recordAudit(trx, isHimself ? { ...caller, ip: null, userAgent: null } : caller, {
      action: 'user.deleted',
      target: { type: 'user', id },
      organizationId,
      details: {
        roles,
        requests: owned,
        ...(owned > 0 && { requests_were: requests === 'keep' ? 'kept' : 'deleted' }),
      },
    });
  });
}

function sayWhatBecomesOf(owned: number) {
  const requests = owned === 1 ? 'a request' : `${owned} requests`;
  return conflict(
    `This user owns ${requests}. Say what becomes of them: requests=delete deletes them with their pictures and ` +
      'labels, requests=keep leaves them to the administrators.',
  );
}

/** What refers to his row in tables of its own goes by itself: refresh tokens with sessions, deliveries with webhooks. */
async function forget(trx: Knex.Transaction, user: User): Promise<void> {
  for (const { tableName } of [UserRole, Session, PersonalAccessToken, Webhook, IdempotencyKey]) {
    await trx(tableName).delete().where({ userId: user.id });
  }
  await unlock(trx, user);
  // Not made of his id: nobody is to take the name beforehand.
  const nobody = `deleted-${uuidv7()}`;
  await User.query(trx)
    .findById(user.id)
    .patch({
      name: NOBODY,
      username: nobody,
      email: `${nobody}@users.invalid`,
      passwordHash: NO_HASH,
      isActive: false,
      organizationId: null,
      coren: null,
      specialty: null,
      institution: null,
      lastActiveAt: null,
      deletedAt: raw('now()'),
    });
  await forgetPerson(trx, user.id);
}
