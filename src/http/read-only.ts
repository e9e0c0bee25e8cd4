import type { HttpContext } from './request-state.js';

const METHODS = 'HEAD, GET, OPTIONS';

/**
 * Of an address that is there to be read alone: whether this call reads it. One that asks which methods there are has
 * its answer then.
 * @throws 405 with `Allow` for any other.
 */
export function isRead(ctx: HttpContext): boolean {
  if (ctx.method === 'GET' || ctx.method === 'HEAD') return true;
  ctx.set('Allow', METHODS);
  if (ctx.method !== 'OPTIONS') ctx.throw(405);
  ctx.status = 204;
  return false;
}
