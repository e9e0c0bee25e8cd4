import type { Knex } from 'knex';
import { User } from '../../../models/user.js';
import { conflict } from '../../errors.js';
import type { Caller } from '../auth/caller.js';
import { currentCaller } from '../auth/confirm-caller.js';
import { rolesOf } from '../auth/find-actor.js';
import { recordAudit } from '../audit/record.js';
import { endSessions, revokeAllTokens } from '../sessions/end.js';
import { lockAdministrators, refuseWithoutAdministrators } from './administrators.js';
import { changeRoles } from './change-roles.js';
import { confirmPassword } from './confirm-password.js';
import { findUser, findVisibleUser, lockVisibleUser } from './find.js';
import { moveOwned } from './move-owned.js';
import { planUpdate, type UpdatePlan, type UserChanges } from './plan-update.js';
import { explainRefusal } from './refusals.js';

/**
 * Changes a user: his profile, and, for administrators, where he belongs, whether he is let in and his roles. All of it
 * or nothing.
 * @param update.currentPassword of the user, where he changes his own e-mail or username.
 * @throws {DomainError} `not_found` for a user out of the actor's reach, `forbidden` for a change that is not his to
 *   make, `invalid` naming the field, `conflict` when nobody would be left to administer.
 */
export async function updateUser(
  db: Knex,
  calling: Caller,
  id: string,
  { currentPassword, ...changes }: UserChanges & { currentPassword?: string | undefined },
): Promise<User> {
  const known = await findVisibleUser(db, calling.actor, id);
  const { needsPassword } = planUpdate(calling.actor, known, changes);
  // Outside the transaction: hashing takes long, and a connection is not to wait for it.
  if (needsPassword) await confirmPassword(db, calling, known, currentPassword);

  return db.transaction(async (trx) => {
    const { organizationId, isActive, roles } = changes;
    const changesStanding = organizationId !== undefined || isActive !== undefined || roles !== undefined;
    if (changesStanding) await lockAdministrators(trx);
    const caller = await currentCaller(trx, calling);
    const user = await lockVisibleUser(trx, caller.actor, id);
    const plan = planUpdate(caller.actor, user, changes);
    if (plan.needsPassword && user.passwordHash !== known.passwordHash) {
      throw conflict('The password was changed at the same moment. Try again.');
    }
    await applyPlan(trx, caller, user, plan);
    return findUser(trx, id);
  });
}

async function applyPlan(trx: Knex.Transaction, caller: Caller, user: User, plan: UpdatePlan): Promise<void> {
  const { columns, granted, removed } = plan;
  const { isActive, ...described } = columns;
  const before = { isActive: user.isActive, roles: rolesOf(user), organizationId: user.organizationId };
  const concerned = organizationsConcerned(user, described.organizationId);

  if (Object.keys(columns).length > 0) await patchUser(trx, user.id, columns);
  if (Object.keys(described).length > 0) await recordUpdate(trx, caller, user, described, concerned);
  if (described.organizationId !== undefined) await moveOwned(trx, user.id, described.organizationId);
  if (isActive !== undefined) {
    // On his return too: a sign-in that was under way as he was put out must not come to life again.
    const sessions_ended = await endSessions(trx, user.id);
    const tokens_revoked = await revokeAllTokens(trx, user.id);
    const event = {
      action: isActive ? 'user.reactivated' : 'user.deactivated',
      target: { type: 'user', id: user.id },
      details: { sessions_ended, tokens_revoked },
    } as const;
    for (const organizationId of concerned) await recordAudit(trx, caller, { ...event, organizationId });
  }
  await changeRoles(trx, caller, user, { granted, removed, concerned });
  const moved = described.organizationId !== undefined;
  if (isActive === false || moved || removed.length > 0) await refuseWithoutAdministrators(trx, before);
}

async function patchUser(trx: Knex.Transaction, id: string, columns: UpdatePlan['columns']): Promise<void> {
  try {
    await User.query(trx).findById(id).patch(columns);
  } catch (error) {
    throw explainRefusal(error);
  }
}

/** Where a change is on record: one that comes with a move, in both organizations. */
function organizationsConcerned(user: User, home: string | null = user.organizationId): (string | null)[] {
  const homes = new Set([user.organizationId, home]);
  if (homes.size > 1) homes.delete(null);
  return [...homes];
}

async function recordUpdate(
  trx: Knex.Transaction,
  caller: Caller,
  user: User,
  described: Omit<UpdatePlan['columns'], 'isActive'>,
  concerned: readonly (string | null)[],
): Promise<void> {
  const columns = Object.keys(described) as (keyof typeof described)[];
  const select = (row: Partial<User>) => Object.fromEntries(columns.map((column) => [nameOf(column), row[column]]));
  const details = { before: select(user), after: select(described) };
  for (const organizationId of concerned) {
    const target = { type: 'user', id: user.id } as const;
    await recordAudit(trx, caller, { action: 'user.updated', target, organizationId, details });
  }
}

/** As the API has it. */
const nameOf = (column: string) => (column === 'organizationId' ? 'organization_id' : column);
