import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import { User } from '../../../models/user.js';
import { UserRole } from '../../../models/user-role.js';
import { applyCursor } from '../../database/keyset.js';
import { administersAll, type Actor, type PlatformRole, type RoleCode } from '../auth/actor.js';

export interface UserFilter {
  /** Part of the name, the username or the e-mail, in any case. */
  q?: string | undefined;
  /** A role's code, or the platform's one word for a user's roles. */
  role?: RoleCode | PlatformRole | undefined;
  isActive?: boolean | undefined;
  limit: number;
  cursor?: string | undefined;
  /** Rows to pass over: for clients that know no cursor. */
  offset?: number | undefined;
}

/** The users an administrator administers, newest first: up to `limit + 1` rows, and how many there are in all. */
export async function listUsers(db: Knex, administrator: Actor, filter: UserFilter) {
  const { q, role, isActive, limit, cursor, offset = 0 } = filter;
  const matching = User.query(db).modify((query) => {
    void query.whereNull('deletedAt');
    if (!administersAll(administrator)) void query.where('organizationId', administrator.organizationId);
    if (q) {
      const text = q.normalize('NFC');
      void query.whereRaw(`strpos(lower(name || ' ' || username || ' ' || email), lower(?)) > 0`, [text]);
    }
    if (isActive !== undefined) void query.where({ isActive });
    if (role) onlyWithRole(query, role);
  });
  const page = matching
    .clone()
    .withGraphFetched('userRoles')
    .limit(limit + 1)
    .offset(offset);
  applyCursor(page, cursor, 'users.id');
  const [rows, total] = await Promise.all([page, matching.resultSize()]);
  return { rows, total };
}

/** `platformRole` in SQL: the first of these that a user has is his word. */
const wordsByRank: readonly [PlatformRole, RoleCode][] = [
  ['universal', 'SUPER_ADMIN'],
  ['admin', 'ADMIN'],
  ['labeler', 'LABELER'],
];

function onlyWithRole(query: QueryBuilder<User, unknown>, role: RoleCode | PlatformRole): void {
  const holders = (code: RoleCode) => UserRole.query().where('roleCode', code).whereColumn('userId', 'users.id');
  const rank = wordsByRank.findIndex(([word]) => word === role);
  const isWord = rank >= 0 || role === 'customer';
  const outranking = isWord ? wordsByRank.slice(0, rank >= 0 ? rank : undefined) : [];
  for (const [, code] of outranking) void query.whereNotExists(holders(code));
  const code = isWord ? wordsByRank[rank]?.[1] : (role as RoleCode);
  if (code) void query.whereExists(holders(code));
}
