import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { User } from '../../../models/user.js';
import { forbidden } from '../../errors.js';
import type { Actor } from '../auth/actor.js';
import { confirmActive } from '../auth/confirm-caller.js';
import { mayCreateRequest } from './policy.js';

export interface NewRequest {
  title: string;
  description: string;
  classes: string[];
}

/** @throws {DomainError} `forbidden` when the actor's roles are for other work than ordering data. */
export async function createRequest(db: Knex, actor: Actor, order: NewRequest): Promise<DatasetRequest> {
  if (!mayCreateRequest(actor)) throw forbidden('Only customers and administrators create requests.');
  return db.transaction(async (trx) => {
    // Of two at once, this and his move to another organization, the later sees what the earlier did.
    const owner = await User.query(trx).findById(actor.id).select('organizationId', 'isActive').forShare();
    confirmActive(owner);
    return DatasetRequest.query(trx).insertAndFetch({
      ...order,
      id: uuidv7(),
      ownerId: actor.id,
      organizationId: owner.organizationId,
    });
  });
}
