import assert from 'node:assert/strict';
import { freshDatabase, type TestDatabase } from '../support/database.js';

interface Rows {
  rows: unknown[];
}

describe('database connection', () => {
  let database: TestDatabase;
  before(async () => {
    database = await freshDatabase();
  });
  after(() => database.drop());

  it('gives columns in camelCase and counts as numbers', async () => {
    const rows = await database.db('roles').count({ how_many: '*' });
    assert.deepEqual(rows, [{ howMany: 5 }]);
  });

  it('refuses a number that JavaScript cannot hold rather than change it', async () => {
    await assert.rejects(database.db.raw('select 9007199254740993::bigint').then(), RangeError);
    const { rows } = await database.db.raw<Rows>('select 9007199254740991::bigint as largest');
    assert.deepEqual(rows, [{ largest: Number.MAX_SAFE_INTEGER }]);
  });

  it('goes on after the server has cut its connections', async () => {
    const { db } = database;
    await Promise.all([db.raw('select 1'), db.raw('select pg_sleep(0.05)')]);
    const other = await freshDatabase();
    await other.db.raw(`select pg_terminate_backend(pid) from pg_stat_activity where datname = ?`, [
      new URL(database.url).pathname.slice(1),
    ]);
    await other.drop();
    const { rows } = await db.raw<Rows>('select 1 as one');
    assert.deepEqual(rows, [{ one: 1 }]);
  });

  it('bounds how long a statement may take', async () => {
    const { rows } = await database.db.raw<Rows>(`select current_setting('statement_timeout') as limit`);
    assert.deepEqual(rows, [{ limit: '30s' }]);
  });
});
