import type { Knex } from 'knex';
import { conflict, DomainError } from '../../errors.js';
import type { Actor } from './actor.js';
import type { Caller } from './caller.js';
import { findActor, type SignedIn } from './find-actor.js';

/**
 * That who called is still who he was when the call began: a body may take minutes to arrive, and whoever is put out,
 * logged out or demoted meanwhile must not act by it.
 * @throws {DomainError} `unauthenticated` when he is out, `conflict` when his rights are others now.
 */
export async function confirmCaller(db: Knex, { actor, credential }: SignedIn): Promise<void> {
  const now = await findActor(db, actor.id, credential);
  if (!now) throw new DomainError('unauthenticated', 'Your session has ended: sign in again.');
  if (!sameRights(actor, now)) throw conflict('Your rights have changed since this call began: send it again.');
}

/**
 * The caller as he is now. In a transaction that holds `lockAdministrators` nobody's rights change until it ends.
 * @throws {DomainError} `unauthenticated` when he has been deactivated.
 */
export async function currentCaller(trx: Knex.Transaction, caller: Caller): Promise<Caller> {
  const actor = await findActor(trx, caller.actor.id);
  if (!actor) throw deactivated();
  return { ...caller, actor };
}

/** That he in whose name something is made has not been put out meanwhile. @param user his row, locked. */
export function confirmActive<Row extends { isActive: boolean }>(user: Row | undefined): asserts user is Row {
  if (!user?.isActive) throw deactivated();
}

const deactivated = () => new DomainError('unauthenticated', 'Your account has been deactivated.');

/** Where one belongs bounds what an ADMIN may change, and nobody else's rights to what is his own. */
function sameRights(one: Actor, other: Actor): boolean {
  if (one.roles.join() !== other.roles.join()) return false;
  return one.organizationId === other.organizationId || !one.roles.includes('ADMIN');
}
