import assert from 'node:assert/strict';
import { runPrepared } from '../../src/database/prepared.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';

describe('prepared statements', () => {
  let database: TestDatabase;
  before(async () => (database = await freshDatabase()));
  after(() => database.drop());

  it('take values by name, as often as one is named, and leave casts alone', async () => {
    const sql = 'select :one::text as one, :two::int8 + :two::int8 as twice';
    for (const two of [21, 4]) {
      const rows = await runPrepared<{ one: string; twice: number }>(database.db, sql, { two, one: 'a' });
      assert.deepEqual(rows, [{ one: 'a', twice: two * 2 }]);
    }
  });

  it('are parsed once a connection', async () => {
    await database.db.transaction(async (trx) => {
      for (const value of [1, 2, 3]) await runPrepared(trx, 'select :value::int4 as only_once', { value });
      const known = await trx('pg_prepared_statements').where('statement', 'like', '%only_once').select('name');
      assert.equal(known.length, 1);
    });
  });

  it('take part in a transaction, and in none that has ended', async () => {
    const trx = await database.db.transaction();
    await trx('organizations').insert({ id: '01890000-0000-7000-8000-000000000001', name: 'Unsaved' });
    const count = (db: typeof trx | TestDatabase['db']) =>
      runPrepared<{ count: number }>(db, 'select count(*) from organizations', {});
    assert.deepEqual(await count(trx), [{ count: 1 }]);
    assert.deepEqual(await count(database.db), [{ count: 0 }]);
    await trx.rollback();
    await assert.rejects(count(trx), /ended/);
  });

  it('give their connection back when they fail', async () => {
    for (let time = 0; time < 30; time += 1) {
      await assert.rejects(runPrepared(database.db, 'select 1 / :zero::int4', { zero: 0 }), /division by zero/);
    }
    assert.deepEqual(await runPrepared(database.db, 'select 1 as one', {}), [{ one: 1 }]);
  });
});
