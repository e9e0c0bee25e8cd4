import pg from 'pg';
import type { Logger } from 'pino';
import { isDatabaseGone } from '../database/outage.js';

/** graphile-worker tries a statement that failed with this code again and again, for hours. */
const TRIED_AGAIN = 'ETIMEDOUT';

/**
 * The connections of one worker pool. What fails because the database is away fails in a way that graphile-worker waits
 * for: left as it is, a job that ended meanwhile could not be reported, which it answers with an unhandled rejection,
 * and the process would end with all it has in hand.
 */
export function createQueuePool(databaseUrl: string, log: Logger): pg.Pool {
  const pool = new PatientPool({
    connectionString: databaseUrl,
    application_name: 'assay queue',
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    idleTimeoutMillis: 30_000,
  });
  const noteLoss = (error: Error) => log.warn({ err: error }, 'the queue lost a connection');
  pool.on('error', noteLoss);
  pool.on('connect', (client) => {
    client.on('error', noteLoss);
    translateFaults(client);
  });
  return pool;
}

type Connected = Parameters<Parameters<pg.Pool['connect']>[0]>;

class PatientPool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>;
  override connect(callback: (...connected: Connected) => void): void;
  override connect(callback?: (...connected: Connected) => void): Promise<pg.PoolClient> | undefined {
    if (!callback) return super.connect().catch(failPatiently);
    super.connect(callback);
    return undefined;
  }
}

function translateFaults(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (...statement: unknown[]) => unknown;
  const patientQuery = (...statement: unknown[]) => {
    const answer = query(...statement);
    return answer instanceof Promise ? answer.catch(failPatiently) : answer;
  };
  client.query = patientQuery as typeof client.query;
}

function failPatiently(error: unknown): never {
  if (!(error instanceof Error) || !isDatabaseGone(error)) throw error;
  throw Object.assign(new Error(error.message, { cause: error }), { code: TRIED_AGAIN });
}
