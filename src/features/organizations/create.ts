import type { Knex } from 'knex';
import { UniqueViolationError } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { Organization } from '../../../models/organization.js';
import { forbidden, invalid } from '../../errors.js';
import type { Caller } from '../auth/caller.js';
import { recordAudit } from '../audit/record.js';
import { mayCreateOrganization } from './policy.js';

/**
 * Makes an organization without members.
 * @throws {DomainError} `forbidden` for all but a SUPER_ADMIN, `invalid` naming `name` when it is taken in any case.
 */
export async function createOrganization(db: Knex, caller: Caller, { name }: { name: string }): Promise<Organization> {
  if (!mayCreateOrganization(caller.actor)) throw forbidden('Only a SUPER_ADMIN creates organizations.');
  return db.transaction(async (trx) => {
    const id = uuidv7();
    const row = { id, name: name.normalize('NFC') };
    const organization = await Organization.query(trx).insertAndFetch(row).catch(refuseTakenName);
    const target = { type: 'organization', id } as const;
    const details = { name: organization.name };
    await recordAudit(trx, caller, { action: 'organization.created', target, organizationId: id, details });
    return organization;
  });
}

/** @throws {DomainError} `invalid` when the error is that of the unique index, and else the error itself. */
export function refuseTakenName(error: unknown): never {
  if (error instanceof UniqueViolationError) throw invalid('name', 'There is an organization of that name already.');
  throw error;
}
