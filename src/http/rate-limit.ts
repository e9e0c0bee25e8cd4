import type { Knex } from 'knex';
import { isIPv6 } from 'node:net';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { DomainError } from '../errors.js';
import type { HttpMiddleware } from './request-state.js';
import { TRPC_MOUNT } from './trpc-mount.js';

const WINDOW_SECONDS = 60;

/**
 * Lets each address make so many calls a minute, those in a tRPC batch one by one, counted in the database so that several API processes agree. Counts
 * in memory while the database is away. Says so in the `RateLimit-*` headers of
 * draft-ietf-httpapi-ratelimit-headers-03.
 */
export function rateLimit(db: Knex, perMinute: number): HttpMiddleware {
  if (perMinute === 0) return (_ctx, next) => next();
  const window = { points: perMinute, duration: WINDOW_SECONDS };
  const limiter = new RateLimiterPostgres({
    ...window,
    storeClient: db,
    storeType: 'knex',
    tableName: 'rate_limits',
    tableCreated: true,
    inMemoryBlockOnConsumed: perMinute,
    insuranceLimiter: new RateLimiterMemory(window),
  });

  return async (ctx, next) => {
    const { allowed, remaining, resetSeconds } = await consume(limiter, addressBlock(ctx.ip), callsIn(ctx.path));
    ctx.set({
      'RateLimit-Limit': String(perMinute),
      'RateLimit-Remaining': String(remaining),
      'RateLimit-Reset': String(resetSeconds),
      'RateLimit-Policy': `${perMinute};w=${WINDOW_SECONDS}`,
    });
    if (!allowed) {
      const sentence = `More than ${perMinute} calls within a minute. Try again in ${resetSeconds} s.`;
      throw new DomainError('too_many', sentence, undefined, resetSeconds);
    }
    return next();
  };
}

async function consume(limiter: RateLimiterPostgres, key: string, calls: number) {
  const describe = (allowed: boolean, { remainingPoints, msBeforeNext }: RateLimiterRes) => ({
    allowed,
    remaining: remainingPoints,
    resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)),
  });
  try {
    return describe(true, await limiter.consume(key, calls));
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return describe(false, refusal);
    throw refusal;
  }
}

/** tRPC names the procedures of a batch in the path, with commas that may be percent-encoded. */
function callsIn(path: string): number {
  return path.startsWith(TRPC_MOUNT) ? path.split(/,|%2c/i).length : 1;
}

/** The address, or its /64 for IPv6: whoever has one such address has them all. */
export function addressBlock(ip: string): string {
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (v4 !== undefined || !isIPv6(ip)) return (v4 ?? ip).slice(0, 64);
  const [network = ''] = ip.split('::');
  return `${network.split(':').slice(0, 4).join(':')}::/64`;
}
