import type { Knex } from 'knex';
import { PersonalAccessToken } from '../../../models/personal-access-token.js';
import { applyCursor } from '../../database/keyset.js';

/** A user's tokens that were not revoked, newest first: up to `limit + 1` rows, and how many there are in all. */
export async function listTokens(
  db: Knex,
  userId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  const kept = PersonalAccessToken.query(db).where({ userId }).whereNull('revokedAt');
  const page = kept.clone().limit(limit + 1);
  applyCursor(page, cursor, 'personal_access_tokens.id');
  const [rows, total] = await Promise.all([page, kept.resultSize()]);
  return { rows, total };
}
