import { createSecretKey } from 'node:crypto';
import jwt from 'koa-jwt';
import type { Knex } from 'knex';
import { z } from 'zod';
import { findActorOfSession, findActorOfToken, type SignedIn } from '../features/auth/find-actor.js';
import { ACCESS_TOKEN_AUDIENCE, TOKEN_ISSUER } from '../features/auth/token-signer.js';
import { hashToken, isTokenText } from '../features/tokens/token-text.js';
import type { HttpContext, HttpMiddleware } from './request-state.js';

const claimsSchema = z.object({
  typ: z.literal('access'),
  sub: z.uuid(),
  sid: z.uuid(),
  exp: z.number().int().positive().max(1e11),
});

/** Checks the signature, issuer and audience of an access token (RFC 7519) sent as Bearer (RFC 6750). */
export const verifyToken = (secret: string): HttpMiddleware => {
  const options: jwt.Options & { ignoreExpiration: boolean } = {
    // jsonwebtoken tries all but key objects as public keys first, which costs a fifth of a request; koa-jwt's types know
    // nothing of them.
    secret: createSecretKey(secret, 'utf8') as unknown as Buffer,
    algorithms: ['HS256'],
    issuer: TOKEN_ISSUER,
    audience: ACCESS_TOKEN_AUDIENCE,
    key: 'claims',
    // Checked with session and user, by the database's clock: ours may be wrong.
    ignoreExpiration: true,
    // Whether an anonymous caller may go on is for the procedure to say.
    passthrough: true,
  };
  return jwt(options);
};

/** Loads the user behind the token anew each time, so that one who is deactivated or logged out is out at once. */
export const identifyActor =
  (db: Knex): HttpMiddleware =>
  async (ctx, next) => {
    const signedIn = await findSignedIn(db, ctx);
    if (signedIn) Object.assign(ctx.state, signedIn);
    return next();
  };

async function findSignedIn(db: Knex, ctx: HttpContext): Promise<SignedIn | null> {
  const claims = claimsSchema.safeParse(ctx.state.claims);
  if (claims.success) {
    const { sub: userId, sid: sessionId, exp: expiresAt } = claims.data;
    return findActorOfSession(db, { userId, sessionId, expiresAt });
  }
  const bearer = /^Bearer (\S+)$/i.exec(ctx.get('Authorization'))?.[1] ?? '';
  return isTokenText(bearer) ? findActorOfToken(db, hashToken(bearer)) : null;
}
