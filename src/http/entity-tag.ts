import { hash } from 'node:crypto';
import type { HttpMiddleware } from './request-state.js';

/** What lists say beside their rows. */
const TOLD_IN_HEADERS = ['X-Total-Count', 'Link'];

/**
 * Gives reads a weak entity tag (RFC 9110), and answers 304 to whoever has that version already. The answer is made all
 * the same: what is saved is the way. Streams have none.
 */
export const entityTag: HttpMiddleware = async (ctx, next) => {
  await next();
  if ((ctx.method !== 'GET' && ctx.method !== 'HEAD') || ctx.status !== 200 || typeof ctx.body !== 'string') return;
  if (!ctx.res.hasHeader('ETag')) {
    const told = TOLD_IN_HEADERS.map((name) => ctx.response.get(name)).join('\n');
    ctx.set('ETag', `W/"${hash('sha1', `${told}\n${ctx.body}`, 'base64url')}"`);
  }
  if (!ctx.fresh) return;
  ctx.status = 304;
  ctx.body = null;
};
