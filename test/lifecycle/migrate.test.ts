import assert from 'node:assert/strict';
import knex from 'knex';
import { pino } from 'pino';
import { migrate } from '../../src/database/migrate.js';
import { emptyDatabase } from '../support/database.js';

const silent = pino({ level: 'silent' });

describe('migrations', () => {
  let url: string;
  let drop: () => Promise<void>;
  beforeEach(async () => {
    ({ url, drop } = await emptyDatabase());
  });
  afterEach(() => drop());

  it('run once where many processes start at a time, and make the queue too', async () => {
    await Promise.all([1, 2, 3, 4].map(() => migrate(url, silent)));
    const names = await query(url, 'select name from knex_migrations order by id');
    assert.ok(names.length > 0);
    assert.equal(new Set(names.map(({ name }) => name)).size, names.length);
    const jobs = await query(url, 'select count(*)::int as jobs from graphile_worker.jobs');
    assert.deepEqual(jobs, [{ jobs: 0 }]);
  });

  it('are known by the same names from sources and build', async () => {
    await migrate(url, silent);
    const names = await query(url, 'select name from knex_migrations');
    for (const { name } of names) assert.match(String(name), /^\d{14}_\w+$/);
  });

  it('go on where a process was killed while it held the lock', async () => {
    await migrate(url, silent);
    await query(url, 'update knex_migrations_lock set is_locked = 1');
    await query(url, `delete from knex_migrations where name like '%_operations'`);
    await query(url, 'drop table settings, worker_processes, rate_limits');
    await migrate(url, silent);
    assert.deepEqual(await query(url, 'select count(*)::int as rows from settings'), [{ rows: 0 }]);
  });

  it('refuse a database that a newer release has migrated', async () => {
    await migrate(url, silent);
    await query(url, `insert into knex_migrations (name, batch) values ('29990101000000_flying_cars', 2)`);
    await assert.rejects(migrate(url, silent), /newer release \(it has 29990101000000_flying_cars\)/);
  });

  it('say what is wrong where there is no database', async () => {
    const elsewhere = 'postgresql://assay:secret-password@127.0.0.1:1/none';
    await assert.rejects(migrate(elsewhere, silent), (error: Error) => {
      assert.match(error.message, /Cannot connect to the database.*ECONNREFUSED.*DATABASE_URL/);
      assert.doesNotMatch(error.message, /secret-password/);
      return true;
    });
  });
});

async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const db = knex({ client: 'pg', connection: url });
  try {
    const { rows } = await db.raw<{ rows: Record<string, unknown>[] }>(statement);
    return rows;
  } finally {
    await db.destroy();
  }
}
