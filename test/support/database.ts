import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import pg from 'pg';
import { pino } from 'pino';
import { connect } from '../../src/database/connection.js';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { migrate } from '../../src/database/migrate.js';

const silent = pino({ level: 'silent' });
const TEMPLATE = 'migrated';
/** Nothing here has to outlive a power cut, and several services are at it side by side. */
const VOLATILE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' };

/** Tells the processes that run the tests side by side where the server of the run is. */
const SERVER_URL = 'ASSAY_TEST_DATABASE_URL';

interface TestServer {
  url: string;
  stop: () => Promise<void>;
}

let started: Promise<TestServer> | undefined;
let databasesMade = 0;

export interface TestDatabase {
  url: string;
  /** A pool on it, as the service has one. */
  db: Knex;
  /** Ends all connections to it and removes it. */
  drop: () => Promise<void>;
}

/** A migrated database of one's own, on the one server of the test run, which is started when first asked for. */
export async function freshDatabase(): Promise<TestDatabase> {
  const database = await emptyDatabase(TEMPLATE);
  const db = connect(database.url, { poolSize: 10, applicationName: 'assay test', log: silent });
  return {
    url: database.url,
    db,
    drop: async () => {
      await db.destroy();
      await database.drop();
    },
  };
}

/** A database without any schema, or a copy of `template`. */
export async function emptyDatabase(template = 'template0'): Promise<Omit<TestDatabase, 'db'>> {
  const serverUrl = process.env[SERVER_URL] ?? (await startDatabaseServer());
  databasesMade += 1;
  const name = `test_${process.pid}_${databasesMade}`;
  await execute(serverUrl, `create database ${name} template ${template}`);
  return {
    url: urlOf(serverUrl, name),
    drop: () => execute(serverUrl, `drop database if exists ${name} with (force)`),
  };
}

/** The one server of a run, for this process and those that it starts from now on; its superuser's URL. */
export async function startDatabaseServer(): Promise<string> {
  started ??= startServer();
  const { url } = await started;
  process.env[SERVER_URL] = url;
  return url;
}

/** For the end of the run, by the process that started it. */
export async function stopDatabaseServer(): Promise<void> {
  const running = await started?.catch(() => undefined);
  started = undefined;
  if (!running) return;
  Reflect.deleteProperty(process.env, SERVER_URL);
  await running.stop();
}

async function startServer(): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-test-'));
  // Run by root, the server is another user's and has to pass.
  await chmod(folder, 0o711);
  const server = await startEmbeddedPostgres(folder, silent, VOLATILE);
  await execute(server.url, `create database ${TEMPLATE} template template0`);
  await migrate(urlOf(server.url, TEMPLATE), silent);
  const stop = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { url: server.url, stop };
}

function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
