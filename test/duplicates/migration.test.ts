import assert from 'node:assert/strict';
import knex, { type Knex } from 'knex';
import { pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { migrate } from '../../src/database/migrate.js';
import { connect } from '../../src/database/connection.js';
import { KnownPictures } from '../../src/features/qc/match/known-pictures.js';
import { down as takeDuplicatesBack, up as bringDuplicates } from '../../migrations/20261125090010_duplicates.js';
import { down as takeHashesBack, up as bringHashes } from '../../migrations/20261125090000_picture_hashes.js';
import { down as takeTiedBack, up as bringTied } from '../../migrations/20261126170010_tied_images.js';
import { down as takeUnscannedBack, up as bringUnscanned } from '../../migrations/20261126150000_unscanned_pictures.js';
import { randomHash } from '../matching/hashes.js';
import { emptyDatabase } from '../support/database.js';

const log = pino({ level: 'silent' });

describe('a database of a release that kept hashes with its analyses', () => {
  let url: string;
  let drop: () => Promise<void>;
  let plain: Knex;

  before(async () => {
    ({ url, drop } = await emptyDatabase());
    await migrate(url, log);
    plain = knex({ client: 'pg', connection: url });
    await plain.transaction(async (trx) => {
      await takeTiedBack(trx);
      await takeUnscannedBack(trx);
      await takeDuplicatesBack(trx);
      await takeHashesBack(trx);
    });
  });
  after(async () => {
    await plain.destroy();
    await drop();
  });

  it('has its pictures found by their hashes, its references numbered, and its results kept', async () => {
    const [owner, request, batch, run] = [uuidv7(), uuidv7(), uuidv7(), uuidv7()];
    const user = { id: owner, email: 'a@example.com', username: 'a', name: 'A', password_hash: '-' };
    await plain('users').insert(user);
    await plain('requests').insert({ id: request, owner_id: owner, title: 'Old', classes: [] });
    await plain('upload_batches').insert({ id: batch, request_id: request, owner_id: owner });
    await plain('qc_runs').insert({ id: run, request_id: request, started_by: owner, status: 'completed' });
    const images = [1, 2].map((seed) => ({ id: uuidv7(), sha256: Buffer.from(randomHash(seed)) }));
    for (const [at, { id, sha256 }] of images.entries()) {
      const facts = { filename: `${at}`, etag: id, bytes: 1, content_type: 'image/png', width: 1, height: 1 };
      const owned = { request_id: request, batch_id: batch, owner_id: owner };
      await plain('images').insert({ id, sha256, storage_key: id, ...owned, ...facts });
      const found = { detector_score: 0, provenance: '[]', findings: [] };
      const hash = { pdq: Buffer.from(randomHash(at + 10)), pdq_quality: 90 };
      await plain('image_analyses').insert({
        sha256,
        analyser_version: '1/old',
        width: 1,
        height: 1,
        ...hash,
        ...found,
      });
      const scores = { duplicate_score: 0.9, match_relation: 'near', ai_generated_score: 0, findings: [] };
      await plain('qc_results').insert({ image_id: id, request_id: request, run_id: run, ...scores });
    }
    const reference = { id: uuidv7(), source_url: 'https://example.com/', pdq_quality: 100 };
    await plain('reference_images').insert({ ...reference, pdq: Buffer.from(randomHash(20)) });

    await plain.transaction(async (trx) => {
      await bringHashes(trx);
      await bringDuplicates(trx);
      await bringUnscanned(trx);
      await bringTied(trx);
    });

    const db = connect(url, { poolSize: 2, applicationName: 'test', log });
    const known = new KnownPictures();
    await known.catchUp(db);
    await db.destroy();
    const foundBy = (seed: number) => known.index.candidates({ pdq: randomHash(seed) }, { radius: 0 }).length;
    assert.deepEqual([known.size, foundBy(10), foundBy(11), foundBy(20)], [3, 1, 1, 1]);
    const results = (await plain('qc_results').select()) as { match_relation: string; match_score: number }[];
    assert.deepEqual(
      results.map(({ match_relation, match_score }) => [match_relation, match_score > 0.89]),
      [
        ['copy', true],
        ['copy', true],
      ],
    );
  });
});
