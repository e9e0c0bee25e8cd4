import { isIPv6 } from 'node:net';
import type { Knex } from 'knex';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { DomainError } from '../../errors.js';

const WINDOW_SECONDS = 60;

/** Kinds of call that are counted apart as well, and what share of all calls they may be. */
const shares = { login: 0.3, registration: 0.2 };

export type LimitedCall = keyof typeof shares;

export interface CallCount {
  limit: number;
  remaining: number;
  resetSeconds: number;
}

/**
 * Lets each address make so many calls a minute, and fewer of those that guess or fill: counted in the database, so
 * that several API processes agree, and in memory while it is away.
 */
export class CallLimits {
  readonly #limiters: Record<LimitedCall | 'any', RateLimiterPostgres> | null;

  /** @param perMinute of all calls; 0 turns every limit off. */
  constructor(db: Knex, perMinute: number) {
    const limiter = (name: string, points: number) => createLimiter(db, name, Math.max(1, Math.floor(points)));
    this.#limiters =
      perMinute === 0
        ? null
        : {
            any: limiter('any', perMinute),
            login: limiter('login', perMinute * shares.login),
            registration: limiter('registration', perMinute * shares.registration),
          };
  }

  /**
   * Counts calls against an address. Null where nothing is limited.
   * @throws {DomainError} `too_many`. What was counted is told by `onCount` before.
   */
  async count(
    call: LimitedCall | 'any',
    ip: string,
    { calls = 1, onCount }: { calls?: number; onCount?: (count: CallCount) => void } = {},
  ): Promise<void> {
    if (!this.#limiters) return;
    const limiter = this.#limiters[call];
    const { allowed, remaining, resetSeconds } = await consume(limiter, addressBlock(ip), calls);
    onCount?.({ limit: limiter.points, remaining, resetSeconds });
    if (allowed) return;
    const what = { any: 'calls', login: 'attempts to sign in', registration: 'registrations' }[call];
    const sentence = `More than ${limiter.points} ${what} within a minute. Try again in ${resetSeconds} s.`;
    throw new DomainError('too_many', sentence, undefined, resetSeconds);
  }
}

/** What the `RateLimit-Policy` header says. */
export const limitPolicy = (limit: number) => `${limit};w=${WINDOW_SECONDS}`;

function createLimiter(db: Knex, name: string, points: number): RateLimiterPostgres {
  const window = { points, duration: WINDOW_SECONDS };
  return new RateLimiterPostgres({
    ...window,
    storeClient: db,
    storeType: 'knex',
    tableName: 'rate_limits',
    tableCreated: true,
    keyPrefix: name,
    inMemoryBlockOnConsumed: points,
    insuranceLimiter: new RateLimiterMemory(window),
  });
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

/** The address, or its /64 for IPv6: whoever has one such address has them all. */
export function addressBlock(ip: string): string {
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (v4 !== undefined || !isIPv6(ip)) return (v4 ?? ip).slice(0, 64);
  const [network = ''] = ip.split('::');
  return `${network.split(':').slice(0, 4).join(':')}::/64`;
}
