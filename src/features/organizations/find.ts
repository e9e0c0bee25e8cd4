import type { Knex } from 'knex';
import { validate } from 'uuid';
import { Organization } from '../../../models/organization.js';
import { forbidden, notFound } from '../../errors.js';
import type { Actor } from '../auth/actor.js';
import { mayOnOrganization, type OrganizationOperation } from './policy.js';

/**
 * The organization, if the actor may do this to it.
 * @param options.lock nobody else changes it, or joins it, until the transaction ends.
 * @throws {DomainError} `not_found` when it is not there or not his to see, `forbidden` when he may only see it.
 */
export async function findOrganization(
  db: Knex,
  actor: Actor,
  id: string,
  operation: OrganizationOperation,
  { lock = false }: { lock?: boolean } = {},
): Promise<Organization> {
  if (!validate(id) || !mayOnOrganization(actor, 'read', { id })) throw notFound('Organization');
  const organization = await Organization.query(db)
    .findById(id)
    .modify((query) => {
      if (lock) void query.forUpdate();
    });
  if (!organization) throw notFound('Organization');
  if (!mayOnOrganization(actor, operation, organization)) {
    throw forbidden('Only a SUPER_ADMIN changes organizations.');
  }
  return organization;
}
