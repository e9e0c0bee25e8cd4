import { isIPv6 } from 'node:net';
import type { Knex } from 'knex';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { DomainError } from '../../errors.js';

const WINDOW_SECONDS = 60;
/** Beyond so many all are forgotten, and the database is asked again. */
const MOST_BLOCKS = 10_000;

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
  /** Until when calls over a limit are refused without asking the database: by a clock that nobody sets. */
  readonly #blocks = new Map<string, number>();
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
    const address = addressBlock(ip);
    const blocked = this.#blockedFor(`${call} ${address}`);
    const { allowed, remaining, resetSeconds } =
      blocked > 0 ? { allowed: false, remaining: 0, resetSeconds: blocked } : await consume(limiter, address, calls);
    if (!allowed) this.#block(`${call} ${address}`, resetSeconds);
    onCount?.({ limit: limiter.points, remaining, resetSeconds });
    if (allowed) return;
    const what = { any: 'calls', login: 'attempts to sign in', registration: 'registrations' }[call];
    const sentence = `More than ${limiter.points} ${what} within a minute. Try again in ${resetSeconds} s.`;
    throw new DomainError('too_many', sentence, undefined, resetSeconds);
  }

  /** Seconds left. */
  #blockedFor(key: string): number {
    return Math.ceil(((this.#blocks.get(key) ?? 0) - performance.now()) / 1000);
  }

  #block(key: string, seconds: number): void {
    if (this.#blockedFor(key) > 0) return;
    if (this.#blocks.size >= MOST_BLOCKS) this.#blocks.clear();
    this.#blocks.set(key, performance.now() + seconds * 1000);
  }
}

/**
 * Windows begin and end by the database's clock: by their own, processes whose clocks differ would end each other's
 * windows early, or never.
 */
class DatabaseClockLimiter extends RateLimiterPostgres {
  readonly #db: Knex;

  constructor(db: Knex, options: ConstructorParameters<typeof RateLimiterPostgres>[0]) {
    super(options);
    this.#db = db;
  }

  /** Takes the place of the library's own statement, and answers in its terms: milliseconds of this process's clock. */
  protected async _upsert(key: string, points: number, milliseconds: number) {
    const { rows } = await this.#db.raw<{ rows: { points: number; left: number }[] }>(
      `with clock as (select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now)
       insert into rate_limits as known (key, points, expire)
       select :key, :points, now + :milliseconds::bigint from clock
       on conflict (key) do update set
         points = case when known.expire <= (select now from clock) then excluded.points
                       else known.points + excluded.points end,
         expire = case when known.expire <= (select now from clock) then excluded.expire else known.expire end
       returning points, (expire - (select now from clock))::float8 as left`,
      { key, points, milliseconds },
    );
    return { rows: rows.map(({ left, ...row }) => ({ ...row, expire: Date.now() + left })) };
  }
}

/** What the `RateLimit-Policy` header says. */
export const limitPolicy = (limit: number) => `${limit};w=${WINDOW_SECONDS}`;

function createLimiter(db: Knex, name: string, points: number): RateLimiterPostgres {
  const window = { points, duration: WINDOW_SECONDS };
  return new DatabaseClockLimiter(db, {
    ...window,
    storeClient: db,
    storeType: 'knex',
    tableName: 'rate_limits',
    tableCreated: true,
    keyPrefix: name,
    // `sweepSessions` does it, by the database's clock.
    clearExpiredByTimeout: false,
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
