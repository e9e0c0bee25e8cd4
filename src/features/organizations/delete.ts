import type { Knex } from 'knex';
import { ForeignKeyViolationError } from 'objection';
import { Camera } from '../../../models/camera.js';
import { Organization } from '../../../models/organization.js';
import { User } from '../../../models/user.js';
import { conflict } from '../../errors.js';
import type { Caller } from '../auth/caller.js';
import { recordAudit } from '../audit/record.js';
import { findOrganization } from './find.js';

/**
 * Deletes an organization that nobody and nothing belongs to.
 * @throws {DomainError} as `findOrganization`; `conflict` while it has members, deactivated ones too, or cameras.
 */
export async function deleteOrganization(db: Knex, caller: Caller, id: string): Promise<void> {
  await db.transaction(async (trx) => {
    const organization = await findOrganization(trx, caller.actor, id, 'delete', { lock: true });
    const members = await User.query(trx).where({ organizationId: id }).resultSize();
    const cameras = await Camera.query(trx).where({ organizationId: id }).resultSize();
    if (members + cameras > 0) {
      const inIt = [counted(members, 'member'), counted(cameras, 'camera')].filter(Boolean).join(' and ');
      throw conflict(`${organization.name} still has ${inIt}: move or delete them first.`);
    }
    try {
      await Organization.query(trx).deleteById(id);
    } catch (error) {
      if (error instanceof ForeignKeyViolationError) throw conflict(`Something still belongs to ${organization.name}.`);
      throw error;
    }
    const target = { type: 'organization', id } as const;
    const details = { name: organization.name };
    await recordAudit(trx, caller, { action: 'organization.deleted', target, organizationId: id, details });
  });
}

const counted = (count: number, noun: string) => (count > 0 ? `${count} ${noun}${count === 1 ? '' : 's'}` : '');
