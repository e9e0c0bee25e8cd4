import type { Knex } from 'knex';
import { raw } from 'objection';
import { Organization } from '../../../models/organization.js';
import type { Caller } from '../auth/caller.js';
import { changedFields } from '../audit/changed-fields.js';
import { recordAudit } from '../audit/record.js';
import { refuseTakenName } from './create.js';
import { findOrganization } from './find.js';

/** @throws {DomainError} as `findOrganization`; `invalid` naming `name` when it is taken in any case. */
export async function renameOrganization(
  db: Knex,
  caller: Caller,
  id: string,
  { name }: { name?: string | undefined },
): Promise<Organization> {
  return db.transaction(async (trx) => {
    const organization = await findOrganization(trx, caller.actor, id, 'rename', { lock: true });
    const wanted = { name: name?.normalize('NFC') ?? organization.name };
    const { before, after, changed } = changedFields({ name: organization.name }, wanted);
    if (!changed) return organization;

    const change = { ...wanted, updatedAt: raw('now()') };
    const renamed = await Organization.query(trx).patchAndFetchById(id, change).catch(refuseTakenName);
    const target = { type: 'organization', id } as const;
    const details = { before, after };
    await recordAudit(trx, caller, { action: 'organization.updated', target, organizationId: id, details });
    return renamed;
  });
}
