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
 * A user as he is now; null when he is gone or deactivated, or what he called with has ended. One statement.
 * @param credential asked about only where given.
 */
export async function findActor(db: Knex, userId: string, credential?: Credential): Promise<Actor | null> {
  const query = User.query(db).findById(userId);
  if (credential?.kind === 'session') void query.whereExists(aliveSession(db, credential.sessionId));
  if (credential?.kind === 'token') {
    void query.whereExists(workingToken(db).where('id', credential.tokenId).whereColumn('userId', 'users.id'));
  }
  return (await selectActive(query))?.actor ?? null;
}

/**
 * The user behind an access token as he is now; null as `findActor`, or where the token has expired, which the
 * database's clock says. One statement, but for one every five minutes that notes when he was last active.
 */
export async function findActorOfSession(
  db: Knex,
  { userId, sessionId, expiresAt }: { userId: string; sessionId: string; expiresAt: number },
): Promise<SignedIn | null> {
  const alive = aliveSession(db, sessionId).whereRaw('now() < to_timestamp(?)', [expiresAt]);
  const found = await selectActive(User.query(db).findById(userId).whereExists(alive));
  if (!found) return null;
  await noteActivity(db, found);
  return { actor: found.actor, credential: { kind: 'session', sessionId } };
}

/** The user behind a personal access token, as `findActorOfSession`. @param hash SHA-256 of the token. */
export async function findActorOfToken(db: Knex, hash: Buffer): Promise<SignedIn | null> {
  const withToken = User.query(db)
    .join(workingToken(db).where({ tokenHash: hash }).as('token'), 'token.userId', 'users.id')
    .select('token.id as tokenId', 'token.scope', raw(longAgo('token.last_used_at')).as('isTokenStale'))
    .first();
  const found = await selectActive(withToken);
  if (!found) return null;
  await noteActivity(db, found);
  const { tokenId, scope, isTokenStale } = found.row as { tokenId: string; scope: TokenScope; isTokenStale: boolean };
  if (isTokenStale)
    await PersonalAccessToken.query(db)
      .findById(tokenId)
      .patch({ lastUsedAt: raw('now()') });
  return { actor: found.actor, credential: { kind: 'token', tokenId, scope } };
}

/** Sorted by code. @param user with `userRoles` fetched. */
export function rolesOf(user: User): Actor['roles'] {
  return (user.userRoles ?? []).map(({ roleCode }) => roleCode).sort();
}

const aliveSession = (db: Knex, sessionId: string) =>
  Session.query(db)
    .where({ 'sessions.id': sessionId })
    .whereColumn('sessions.userId', 'users.id')
    .whereNull('revokedAt')
    .where('expiresAt', '>', raw('now()'));

const workingToken = (db: Knex) =>
  PersonalAccessToken.query(db).whereNull('revokedAt').where('expiresAt', '>', raw('now()'));

interface Found {
  row: unknown;
  actor: Actor;
  isStale: boolean;
}

async function selectActive(query: QueryBuilder<User, User | undefined>): Promise<Found | null> {
  const row: unknown = await query
    .where('users.isActive', true)
    .select(
      'users.id',
      'users.organizationId',
      raw('array(select role_code from user_roles where user_id = users.id order by role_code)').as('roles'),
      raw(longAgo('users.last_active_at')).as('isStale'),
    );
  if (!row) return null;
  const { isStale, id, roles, organizationId } = row as Actor & { roles: RoleCode[]; isStale: boolean };
  return { row, isStale, actor: { id, roles, organizationId } };
}

async function noteActivity(db: Knex, { actor, isStale }: Found): Promise<void> {
  if (isStale)
    await User.query(db)
      .findById(actor.id)
      .patch({ lastActiveAt: raw('now()') });
}

const longAgo = (column: string) => `(${column} is null or ${column} < now() - ${SEEN_EVERY})`;
