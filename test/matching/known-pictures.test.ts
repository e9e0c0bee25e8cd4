import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { KnownPictures } from '../../src/features/qc/match/known-pictures.js';
import { insertReferences } from '../../src/features/references/add.js';
import { randomHash } from './hashes.js';
import { MatchGround, VERSION } from './ground.js';

describe('what a worker process knows', () => {
  let ground: MatchGround;
  let ownerId: string;
  let db: Knex;

  beforeEach(async () => {
    ground = await MatchGround.open();
    ({ db } = ground);
    ownerId = await ground.customer();
  });
  afterEach(() => ground.close());

  const insert = (trx: Knex, seed: number) =>
    trx('picture_hashes').insert({
      ownerId,
      sha256: Buffer.from(randomHash(seed)),
      analyserVersion: VERSION,
      pdq: Buffer.from(randomHash(seed)),
      pdqQuality: 100,
    });

  const finds = (known: KnownPictures, seed: number) =>
    known.index.candidates({ pdq: randomHash(seed) }, { radius: 0 }).length === 1;

  it('is read once, in order of number, however many turns that takes', async () => {
    const known = new KnownPictures();
    for (let seed = 0; seed < 30; seed++) {
      await insert(db, seed);
      if (seed % 7 === 0) await known.catchUp(db);
    }
    await Promise.all([known.catchUp(db), known.catchUp(db), known.catchUp(db)]);
    assert.equal(known.size, 30);
    const numbers = Array.from({ length: 30 }, (_, position) => known.sequenceOf(position));
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    );
    assert.deepEqual(
      [0, numbers[0]!, numbers[4]!, numbers[29]!].map((number) => known.positionAfter(number)),
      [0, 1, 5, 30],
    );
  });

  it('holds references too, beside whatever they are read with', async () => {
    const known = new KnownPictures();
    await insert(db, 1);
    const pdq = Buffer.from(randomHash(2));
    await insertReferences(db, [{ sourceUrl: 'https://example.com/2', pdq, pdqQuality: 100 }]);
    await insert(db, 3);
    await known.catchUp(db);
    assert.equal(known.size, 3);
    const query = { pdq: randomHash(2) };
    const everywhere = known.index.candidates(query, { radius: 0, scope: { owner: known.ownerTag('nobody') } });
    assert.equal(everywhere.length, 1, 'a reference is in every scope');
    assert.equal(known.index.candidates(query, { radius: 0, scope: { references: false } }).length, 0);
  });

  it('misses no row that is committed after one with a higher number was drawn', async () => {
    const known = new KnownPictures();
    const slow = await db.transaction();
    await insert(slow, 1);
    // Comes later, and would be done sooner; it may not overtake.
    let quickIsDone = false;
    const quick = insert(db, 2).then(() => {
      quickIsDone = true;
    });
    const waiting = async () => {
      const { rows } = await db.raw<{ rows: unknown[] }>(
        `select from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`,
      );
      return rows.length > 0;
    };
    while (!(await waiting())) await sleep(5);
    await known.catchUp(db);
    assert.deepEqual([known.size, quickIsDone], [0, false]);
    await slow.commit();
    await quick;
    await known.catchUp(db);
    assert.deepEqual([finds(known, 1), finds(known, 2)], [true, true]);
  });

  it('takes a row that is rolled back for none, and goes on behind the gap it leaves', async () => {
    const known = new KnownPictures();
    const given = await db.transaction();
    await insert(given, 1);
    await given.rollback();
    await insert(db, 2);
    await known.catchUp(db);
    await insert(db, 3);
    await known.catchUp(db);
    assert.deepEqual([known.size, finds(known, 2), finds(known, 3)], [2, true, true]);
  });

  it('reads everything committed before it was asked, however many write at a time', async () => {
    const known = new KnownPictures();
    await Promise.all(
      Array.from({ length: 60 }, async (_, seed) => {
        await insert(db, seed);
        await known.catchUp(db);
        assert.ok(finds(known, seed), `${seed} is not known`);
      }),
    );
    assert.equal(known.size, 60);
  });
});
