import type { Knex } from 'knex';
import { raw } from 'objection';
import { PersonalAccessToken } from '../../../models/personal-access-token.js';
import { notFound } from '../../errors.js';
import { recordAudit } from '../audit/record.js';
import type { Caller } from '../auth/caller.js';

/** Revokes a token of the caller's for good. @throws {DomainError} `not_found`, also for one that was revoked before. */
export async function revokeToken(db: Knex, caller: Caller, tokenId: string): Promise<void> {
  const { id: userId, organizationId } = caller.actor;
  await db.transaction(async (trx) => {
    const [token] = await PersonalAccessToken.query(trx)
      .where({ id: tokenId, userId })
      .whereNull('revokedAt')
      .patch({ revokedAt: raw('now()') })
      .returning('name');
    if (!token) throw notFound('Token');
    await recordAudit(trx, caller, {
      action: 'token.revoked',
      target: { type: 'token', id: tokenId },
      organizationId,
      details: { name: token.name },
    });
  });
}
