import { randomUUID } from 'node:crypto';
import type { HttpMiddleware } from './request-state.js';

/** Names the request after the caller's `X-Request-Id` where that is sane, and says the name in the answer. */
export const requestId: HttpMiddleware = (ctx, next) => {
  const given = ctx.get('X-Request-Id');
  ctx.state.requestId = /^[\w-]{8,64}$/.test(given) ? given : randomUUID();
  ctx.state.route = 'unmatched';
  ctx.state.actor = null;
  ctx.state.credential = null;
  ctx.set('X-Request-Id', ctx.state.requestId);
  return next();
};
