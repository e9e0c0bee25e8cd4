import knex, { type Knex } from 'knex';
import { knexSnakeCaseMappers } from 'objection';
import pg from 'pg';
import type { Logger } from 'pino';

const BIGINT: number = pg.types.builtins.INT8;
const standardTypes = pg.types as { getTypeParser: (oid: number, format: string) => unknown };

export interface ConnectionOptions {
  /** Connections at most; none is kept when there is nothing to do. */
  poolSize: number;
  /** What `pg_stat_activity` shows. */
  applicationName: string;
  log: Logger;
}

/**
 * A pool of connections on which columns are camelCase, `bigint` is a number, and no statement runs for more than 30
 * seconds. A connection that breaks is replaced; the statement under way on it fails, and nothing else.
 */
export function connect(databaseUrl: string, { poolSize, applicationName, log }: ConnectionOptions): Knex {
  return knex({
    client: 'pg',
    connection: {
      connectionString: databaseUrl,
      application_name: applicationName,
      connectionTimeoutMillis: 5000,
      keepAlive: true,
      statement_timeout: 30_000,
      idle_in_transaction_session_timeout: 60_000,
      types: { getTypeParser: typeParser },
    },
    pool: { min: 0, max: poolSize, idleTimeoutMillis: 30_000 },
    acquireConnectionTimeout: 15_000,
    log: {
      warn: (message: unknown) => log.warn({ knex: String(message) }, 'database'),
      error: (message: unknown) => log.error({ knex: String(message) }, 'database'),
      deprecate: (message: unknown) => log.warn({ knex: String(message) }, 'database'),
      debug: (message: unknown) => log.trace({ knex: String(message) }, 'database'),
    },
    ...knexSnakeCaseMappers(),
  });
}

/** Counts and sizes come as `bigint`, which node-postgres would hand over as text. */
function typeParser(oid: number, format: string): unknown {
  return oid === BIGINT && format !== 'binary' ? parseSafeInteger : standardTypes.getTypeParser(oid, format);
}

function parseSafeInteger(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${text} is beyond what a number holds exactly`);
  return number;
}
