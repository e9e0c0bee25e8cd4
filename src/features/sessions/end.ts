import type { Knex } from 'knex';
import { raw } from 'objection';
import { PersonalAccessToken } from '../../../models/personal-access-token.js';
import { Session } from '../../../models/session.js';

/**
 * Ends sessions of a user: their access and refresh tokens stop working at once.
 * @param options.except a session that goes on.
 * @returns how many were ended.
 */
export async function endSessions(trx: Knex, userId: string, { except }: { except?: string | null } = {}) {
  return Session.query(trx)
    .where({ userId })
    .whereNull('revokedAt')
    .modify((query) => {
      if (except) void query.whereNot('id', except);
    })
    .patch({ revokedAt: raw('now()') });
}

/** Revokes all personal access tokens of a user. @returns how many were revoked. */
export async function revokeAllTokens(trx: Knex, userId: string): Promise<number> {
  return PersonalAccessToken.query(trx)
    .where({ userId })
    .whereNull('revokedAt')
    .patch({ revokedAt: raw('now()') });
}
