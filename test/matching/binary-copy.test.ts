import assert from 'node:assert/strict';
import { copyBytes, copyLiteral, copyNumbers, copyOut } from '../../src/features/qc/match/binary-copy.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';

describe('rows copied out of the database', () => {
  let database: TestDatabase;
  before(async () => {
    database = await freshDatabase();
  });
  after(() => database.drop());

  const read = async <Value>(query: string, of: (row: Parameters<Parameters<typeof copyOut>[2]>[0]) => Value) => {
    const values: Value[] = [];
    await copyOut(database.db, query, (row) => values.push(of(row)));
    return values;
  };

  it('come as they are: bytes, numbers of each size, nulls, and large ones over many packets', async () => {
    const [row] = await read(
      `select cast('\\x00ff0a5c' as bytea), cast(-7 as smallint), cast(70000 as int), cast(9007199254740991 as bigint),
              cast(-9007199254740991 as bigint), null::bytea, decode(repeat('c3', 300000), 'hex')`,
      (row) => [
        row.bytes(0)?.toString('hex'),
        ...[1, 2, 3, 4].map((column) => row.integer(column)),
        row.bytes(5),
        row.bytes(6)?.every((byte) => byte === 0xc3) && row.bytes(6)?.length,
      ],
    );
    assert.deepEqual(row, ['00ff0a5c', -7, 70_000, 2 ** 53 - 1, 1 - 2 ** 53, null, 300_000]);
    assert.deepEqual(await read('select 1 where false', () => true), []);
    const many = await read('select number from generate_series(1, 3000) number', (row) => row.integer(0));
    assert.deepEqual([many.length, many[2999]], [3000, 3000]);
  });

  it('are asked for by whatever bytes, numbers and texts', async () => {
    const odd = String.raw`it's \ "odd" $1 {},`;
    const bytes = [Buffer.from([0, 39, 92, 255]), new Uint8Array(0)];
    const [row] = await read(
      `select cast(${copyLiteral(odd)} as text), (${copyBytes(bytes)})[1], (${copyBytes(bytes)})[2],
              (${copyNumbers([3, -4])})[2], cardinality(${copyBytes([])}), cardinality(${copyNumbers([])})`,
      (row) => [
        row.bytes(0)?.toString(),
        row.bytes(1)?.toString('hex'),
        row.bytes(2)?.length,
        ...[3, 4, 5].map((column) => row.integer(column)),
      ],
    );
    assert.deepEqual(row, [odd, '00275cff', 0, -4, 0, 0]);
    assert.throws(() => copyNumbers([1, NaN]), /NaN is no whole number/);
  });

  it('leave the connection as it was, whoever is at fault', async () => {
    const { db } = database;
    await assert.rejects(
      copyOut(db, 'select 1 from nowhere', () => undefined),
      /relation "nowhere" does not exist/,
    );
    let seen = 0;
    const fault = () => {
      seen += 1;
      throw new Error('not this row');
    };
    await assert.rejects(copyOut(db, 'select number from generate_series(1, 100) number', fault), /not this row/);
    assert.equal(seen, 1);
    await assert.rejects(
      copyOut(db, `select 'a'`, (row) => row.integer(0)),
      /Column 0 holds no number/,
    );
    await assert.rejects(
      copyOut(db, 'select 1 / (50 - number) from generate_series(1, 100) number', () => undefined),
      /division by zero/,
    );
    assert.deepEqual(await read('select 5', (row) => row.integer(0)), [5]);
    assert.equal((await db('users').count({ count: '*' }).first())?.count, 0);
  });
});
