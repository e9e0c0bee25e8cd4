import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Logger as QueueLogger, runMigrations } from 'graphile-worker';
import knex, { type Knex } from 'knex';
import pg from 'pg';
import type { Logger } from 'pino';
import { StartupError } from '../startup-error.js';

/** Any number will do that nobody else locks in this database. */
const LOCK = 4_170_925;
const FOLDER = new URL('../../migrations/', import.meta.url);

/**
 * Brings the schema, the queue's included, up to this code's state. Of processes that start at once one migrates and
 * the others wait for it.
 * @throws {StartupError} when there is no database, or its schema is newer than this code.
 */
export async function migrate(databaseUrl: string, log: Logger): Promise<void> {
  await withMigrationLock(databaseUrl, async () => {
    const db = knex({ client: 'pg', connection: databaseUrl, pool: { min: 0, max: 2 } });
    try {
      await runOurs(db, log);
    } finally {
      await db.destroy();
    }
    const logger = new QueueLogger(() => (_level, message) => log.debug({ queue: message }, 'queue migration'));
    await runMigrations({ connectionString: databaseUrl, logger });
  });
}

async function runOurs(db: Knex, log: Logger): Promise<void> {
  const migrationSource = new FolderSource(await listMigrations());
  const [completed] = (await db.migrate.list({ migrationSource, disableMigrationsListValidation: true })) as [
    { name: string }[],
  ];
  const known = new Set(migrationSource.names);
  const unknown = completed.map(({ name }) => name).filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new StartupError(
      `The database was migrated by a newer release (it has ${unknown.join(', ')}). Start that release or a later one.`,
    );
  }
  // We hold the one lock that counts: a row still locked here was left by a killed process.
  await db.migrate.forceFreeMigrationsLock({ migrationSource });
  const [, applied] = (await db.migrate.latest({ migrationSource })) as [number, string[]];
  // Of a new database that is no news.
  if (applied.length > 0) log[completed.length > 0 ? 'info' : 'debug']({ migrations: applied }, 'database migrated');
}

async function withMigrationLock(databaseUrl: string, work: () => Promise<void>): Promise<void> {
  const connection = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  connection.on('error', () => undefined);
  try {
    await connection.connect();
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    throw new StartupError(`Cannot connect to the database: ${message || String(code)}. Check DATABASE_URL.`);
  }
  try {
    // Waiting inside the database would hold a snapshot, on which a concurrent index build waits in turn.
    while (!(await tryLock(connection))) await sleep(50);
    await work();
  } finally {
    await connection.end();
  }
}

async function tryLock(connection: pg.Client): Promise<boolean> {
  const { rows } = await connection.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [LOCK]);
  return rows[0]?.locked ?? false;
}

/** File names in the order they run: `.ts` in the sources, `.js` once built. */
async function listMigrations(): Promise<string[]> {
  const names = await readdir(fileURLToPath(FOLDER));
  return names.filter((name) => /^\d+_\w+\.(ts|js)$/.test(name)).sort();
}

/** Migrations are known by their names without extension, so that sources and build agree on what has run. */
class FolderSource implements Knex.MigrationSource<string> {
  constructor(readonly files: string[]) {}

  get names(): string[] {
    return this.files.map((file) => this.getMigrationName(file));
  }

  getMigrations(): Promise<string[]> {
    return Promise.resolve(this.files);
  }

  getMigrationName(file: string): string {
    return file.replace(/\.(ts|js)$/, '');
  }

  getMigration(file: string): Promise<Knex.Migration> {
    return import(new URL(file, FOLDER).href) as Promise<Knex.Migration>;
  }
}
