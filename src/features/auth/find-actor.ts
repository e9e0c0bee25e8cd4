import type { Knex } from 'knex';
import { raw, type QueryBuilder } from 'objection';
import { PersonalAccessToken, type TokenScope } from '../../../models/personal-access-token.js';
import { Session } from '../../../models/session.js';
import { User } from '../../../models/user.js';
import type { Actor, RoleCode } from './actor.js';
import type { Credential } from './credential.js';

/** Seen more often than that, a user need not be written down again. */
const SEEN_EVERY = `interval '5 minutes'`;

export interface SignedIn {
  actor: Actor;
  credential: Credential;
}

/**
 * The user behind an access token as he is now; null when he is gone or deactivated, or the session has ended. One
 * statement, but for one every five minutes that notes when he was last active.
 */
export async function findActorOfSession(
  db: Knex,
  { userId, sessionId }: { userId: string; sessionId: string },
): Promise<SignedIn | null> {
  const alive = Session.query(db)
    .where({ 'sessions.id': sessionId })
    .whereColumn('sessions.userId', 'users.id')
    .whereNull('revokedAt')
    .where('expiresAt', '>', raw('now()'));
  const found = await findActive(db, User.query(db).findById(userId).whereExists(alive));
  return found && { actor: found.actor, credential: { kind: 'session', sessionId } };
}

/** The user behind a personal access token, as `findActorOfSession`. @param hash SHA-256 of the token. */
export async function findActorOfToken(db: Knex, hash: Buffer): Promise<SignedIn | null> {
  const token = PersonalAccessToken.query(db)
    .findOne({ tokenHash: hash })
    .whereNull('revokedAt')
    .where('expiresAt', '>', raw('now()'));
  const withToken = User.query(db)
    .join(token.as('token'), 'token.userId', 'users.id')
    .select('token.id as tokenId', 'token.scope', raw(longAgo('token.last_used_at')).as('isTokenStale'))
    .first();
  const found = await findActive(db, withToken);
  if (!found) return null;
  const { tokenId, scope, isTokenStale } = found.row as { tokenId: string; scope: TokenScope; isTokenStale: boolean };
  if (isTokenStale) await PersonalAccessToken.query(db).findById(tokenId).patch({ lastUsedAt: new Date() });
  return { actor: found.actor, credential: { kind: 'token', tokenId, scope } };
}

async function findActive(db: Knex, query: QueryBuilder<User, User | undefined>) {
  const found: unknown = await query
    .where('users.isActive', true)
    .select(
      'users.id',
      'users.organizationId',
      raw('array(select role_code from user_roles where user_id = users.id order by role_code)').as('roles'),
      raw(longAgo('users.last_active_at')).as('isStale'),
    );
  if (!found) return null;
  const { isStale, id, roles, organizationId } = found as {
    id: string;
    roles: RoleCode[];
    organizationId: string | null;
    isStale: boolean;
  };
  if (isStale) await User.query(db).findById(id).patch({ lastActiveAt: new Date() });
  return { row: found, actor: { id, roles, organizationId } satisfies Actor };
}

const longAgo = (column: string) => `(${column} is null or ${column} < now() - ${SEEN_EVERY})`;

/** Sorted by code. @param user with `userRoles` fetched. */
export function rolesOf(user: User): Actor['roles'] {
  return (user.userRoles ?? []).map(({ roleCode }) => roleCode).sort();
}
