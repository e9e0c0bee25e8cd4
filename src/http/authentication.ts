import jwt from 'koa-jwt';
import type { Knex } from 'knex';
import { z } from 'zod';
import { findActor } from '../features/auth/find-actor.js';
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from '../features/auth/token-signer.js';
import type { HttpMiddleware } from './request-state.js';

const claimsSchema = z.object({ typ: z.literal('access'), sub: z.uuid() });

/** Checks a Bearer token's signature, expiry, issuer and audience (RFC 7519). */
export const verifyToken = (secret: string): HttpMiddleware =>
  jwt({
    secret,
    algorithms: ['HS256'],
    issuer: TOKEN_ISSUER,
    audience: TOKEN_AUDIENCE,
    key: 'claims',
    // Whether an anonymous caller may go on is for the procedure to say.
    passthrough: true,
  });

/** Loads the user behind the token anew each time, so that a deactivated one is out at once. */
export const identifyActor =
  (db: Knex): HttpMiddleware =>
  async (ctx, next) => {
    const claims = claimsSchema.safeParse(ctx.state.claims);
    if (claims.success) ctx.state.actor = await findActor(db, claims.data.sub);
    return next();
  };
