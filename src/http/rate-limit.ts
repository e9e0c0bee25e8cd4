import { limitPolicy, type CallLimits } from '../features/auth/call-limits.js';
import type { HttpMiddleware } from './request-state.js';
import { TRPC_MOUNT } from './trpc-mount.js';

/**
 * Counts every call against its address, those in a tRPC batch one by one, and says where it stands in the
 * `RateLimit-*` headers of draft-ietf-httpapi-ratelimit-headers-03.
 */
export const rateLimit =
  (limits: CallLimits): HttpMiddleware =>
  async (ctx, next) => {
    await limits.count('any', ctx.ip, {
      calls: callsIn(ctx.path),
      onCount: ({ limit, remaining, resetSeconds }) =>
        ctx.set({
          'RateLimit-Limit': String(limit),
          'RateLimit-Remaining': String(remaining),
          'RateLimit-Reset': String(resetSeconds),
          'RateLimit-Policy': limitPolicy(limit),
        }),
    });
    return next();
  };

/** tRPC names the procedures of a batch in the path, with commas that may be percent-encoded. */
function callsIn(path: string): number {
  return path.startsWith(TRPC_MOUNT) ? path.split(/,|%2c/i).length : 1;
}
