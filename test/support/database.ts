import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import pg from 'pg';
import { pino } from 'pino';
import { connect } from '../../src/database/connection.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { migrate } from '../../src/database/migrate.js';

const silent = pino({ level: 'silent' });
const TEMPLATE = 'migrated';
/** Nothing here has to outlive a power cut. */
const VOLATILE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

interface TestServer {
  folder: string;
  server: EmbeddedPostgres;
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
  started ??= startServer();
  const { server } = await started;
  databasesMade += 1;
  const name = `test_${databasesMade}`;
  await execute(server.url, `create database ${name} template ${template}`);
  return {
    url: urlOf(server, name),
    drop: () => execute(server.url, `drop database if exists ${name} with (force)`),
  };
}

/** For the end of the run. */
export async function stopDatabaseServer(): Promise<void> {
  const running = await started?.catch(() => undefined);
  started = undefined;
  if (!running) return;
  await running.server.stop();
  await rm(running.folder, { recursive: true, force: true });
}

async function startServer(): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-test-'));
  // Run by root, the server is another user's and has to pass.
  await chmod(folder, 0o711);
  const server = await startEmbeddedPostgres(folder, silent, VOLATILE);
  await execute(server.url, `create database ${TEMPLATE} template template0`);
  await migrate(urlOf(server, TEMPLATE), silent);
  return { folder, server };
}

function urlOf(server: EmbeddedPostgres, database: string): string {
  const url = new URL(server.url);
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
