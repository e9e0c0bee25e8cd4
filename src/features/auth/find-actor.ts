import type { Knex } from 'knex';
import { raw } from 'objection';
import { PersonalAccessToken, type TokenScope } from '../../../models/personal-access-token.js';
import { User } from '../../../models/user.js';
import { runPrepared } from '../../database/prepared.js';
import type { Actor, RoleCode } from './actor.js';
import type { Credential } from './credential.js';

/** Seen more often than that, a user need not be written down again. */
const longAgo = (column: string) => `(${column} is null or ${column} < now() - interval '5 minutes')`;

/** All that is asked about a user who is active. */
const ACTIVE_USER = `
  select users.id, users.organization_id as "organizationId",
         array(select role_code from user_roles where user_id = users.id order by role_code) as roles,
         ${longAgo('users.last_active_at')} as "isStale"`;

const ALIVE_SESSION = `exists (
  select from sessions
  where sessions.id = :sessionId and sessions.user_id = users.id and revoked_at is null and expires_at > now())`;

const WORKS = 'token.user_id = users.id and token.revoked_at is null and token.expires_at > now()';

/** Every call asks one of these. */
const statements = {
  user: `${ACTIVE_USER} from users where users.id = :userId and users.is_active`,
  session: `${ACTIVE_USER} from users where users.id = :userId and users.is_active and ${ALIVE_SESSION}`,
  accessToken: `${ACTIVE_USER} from users
    where users.id = :userId and users.is_active and ${ALIVE_SESSION} and now() < to_timestamp(:expiresAt)`,
  token: `${ACTIVE_USER} from users where users.id = :userId and users.is_active
    and exists (select from personal_access_tokens as token where token.id = :tokenId and ${WORKS})`,
  tokenHash: `${ACTIVE_USER}, token.id as "tokenId", token.scope, ${longAgo('token.last_used_at')} as "isTokenStale"
    from users join personal_access_tokens as token on ${WORKS}
    where users.is_active and token.token_hash = :hash`,
};

interface ActiveUser {
  id: string;
  organizationId: string | null;
  roles: RoleCode[];
  isStale: boolean;
}

export interface SignedIn {
  actor: Actor;
  credential: Credential;
}

/**
 * A user as he is now; null when he is gone or deactivated, or what he called with has ended. One statement.
 * @param credential asked about only where given.
 */
export async function findActor(db: Knex, userId: string, credential?: Credential): Promise<Actor | null> {
  const statement = credential ? statements[credential.kind] : statements.user;
  const [row] = await runPrepared<ActiveUser>(db, statement, { userId, ...credential });
  return row ? actorOf(row) : null;
}

/**
 * The user behind an access token as he is now; null as `findActor`, or where the token has expired, which the
 * database's clock says. One statement, but for one every five minutes that notes when he was last active.
 */
export async function findActorOfSession(
  db: Knex,
  { userId, sessionId, expiresAt }: { userId: string; sessionId: string; expiresAt: number },
): Promise<SignedIn | null> {
  const [row] = await runPrepared<ActiveUser>(db, statements.accessToken, { userId, sessionId, expiresAt });
  if (!row) return null;
  await noteActivity(db, row);
  return { actor: actorOf(row), credential: { kind: 'session', sessionId } };
}

/** The user behind a personal access token, as `findActorOfSession`. @param hash SHA-256 of the token. */
export async function findActorOfToken(db: Knex, hash: Buffer): Promise<SignedIn | null> {
  type WithToken = ActiveUser & { tokenId: string; scope: TokenScope; isTokenStale: boolean };
  const [row] = await runPrepared<WithToken>(db, statements.tokenHash, { hash });
  if (!row) return null;
  await noteActivity(db, row);
  const { tokenId, scope, isTokenStale } = row;
  if (isTokenStale)
    await PersonalAccessToken.query(db)
      .findById(tokenId)
      .patch({ lastUsedAt: raw('now()') });
  return { actor: actorOf(row), credential: { kind: 'token', tokenId, scope } };
}

/** Sorted by code. @param user with `userRoles` fetched. */
export function rolesOf(user: User): Actor['roles'] {
  return (user.userRoles ?? []).map(({ roleCode }) => roleCode).sort();
}

const actorOf = ({ id, roles, organizationId }: ActiveUser): Actor => ({ id, roles, organizationId });

async function noteActivity(db: Knex, { id, isStale }: ActiveUser): Promise<void> {
  if (isStale)
    await User.query(db)
      .findById(id)
      .patch({ lastActiveAt: raw('now()') });
}
