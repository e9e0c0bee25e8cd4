import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import pino from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { DatasetRequest } from '../../models/dataset-request.js';
import { QcBatch } from '../../models/qc-batch.js';
import { QcRun } from '../../models/qc-run.js';
import { cancelRun } from '../../src/features/qc/cancel-run.js';
import { endStrandedRuns } from '../../src/features/qc/end-stranded-runs.js';
import { examineBatch } from '../../src/features/qc/examine-batch.js';
import { runQc } from '../../src/features/qc/run-qc.js';
import { enqueue, type JobHandlers } from '../../src/queue/job.js';
import { runWorker } from '../../src/queue/run-worker.js';
import type { SearchTask } from '../../workers/match/match-task.js';
import { MatchGround, picture, TestProcess, VERSION } from '../matching/ground.js';
import { idleHandlers } from '../support/idle-handlers.js';

const NONE_SO_FAR = { shutdown: new AbortController().signal, attempt: 1, maxAttempts: 5 };
const stats = {
  imagesAnalysed: 0,
  analysisFailures: 0,
  stageSeconds: { decode: 0, hash: 0, detect: 0, provenance: 0, thumbnail: 0 },
};

describe('the batches of a QC run', function () {
  this.timeout(120_000);

  let ground: MatchGround;
  let db: Knex;
  let process: TestProcess;
  beforeEach(async () => {
    ground = await MatchGround.open();
    ({ db } = ground);
    process = new TestProcess(ground);
  });
  afterEach(() => ground.close());

  /** A worker process that finds no copies, and to which every picture that is not analysed yet is a failure. */
  function analyser() {
    const analyse = () => Promise.reject(new Error('the storage is away'));
    const { known, candidates, parts, pool } = process;
    const search = ({ queries }: SearchTask) => Promise.resolve(queries.map(() => []));
    return {
      db,
      storage: { withLocalFile: (_key: string, use: (path: string) => unknown) => use('') } as never,
      pool: { ...pool, threads: 1, analyse, search },
      apart: { analyse },
      analyserVersion: VERSION,
      maxPixels: 1e6,
      known,
      candidates,
      parts,
    };
  }

  const examine = (batch: QcBatch | undefined, job = NONE_SO_FAR) =>
    examineBatch(analyser(), { batchId: batch?.id ?? assert.fail('no batch') }, job);
  const openBatches = () => QcBatch.query(db).orderBy('id').execute();
  const stateOf = async ({ id }: QcRun) => {
    const { status, imagesDone, imagesFailed, imagesTotal } = await QcRun.query(db).findById(id).throwIfNotFound();
    return [status, imagesDone, imagesFailed, imagesTotal];
  };

  /** Images by the thousand, analysed before. */
  async function requestOf(ownerId: string, images: number): Promise<DatasetRequest> {
    const request = await ground.request(ownerId, [picture(uuidv7())]);
    await db.raw(
      `insert into images (id, request_id, batch_id, owner_id, filename, storage_key, etag, sha256, bytes, content_type,
                           width, height)
       select gen_random_uuid(), request_id, batch_id, owner_id, n, request_id || ' ' || n, n, sha256(cast(request_id || ' ' || n as bytea)),
              1, 'image/jpeg', 640, 480
       from images, generate_series(2, ?) n where request_id = ?`,
      [images, request.id],
    );
    await db.raw(
      `insert into image_analyses (sha256, analyser_version, width, height, pdq, pdq_quality, provenance, findings)
       select sha256, ?, 640, 480, sha256(sha256), 100, '[]', '{}' from images where request_id = ?
       on conflict do nothing`,
      [VERSION, request.id],
    );
    await db.raw(
      `insert into picture_fingerprints (sha256, analyser_version, dihedral, descriptor, evidence)
       select sha256, analyser_version, decode(repeat(encode(pdq, 'hex'), 8), 'hex'), decode(repeat('00', 64), 'hex'),
              decode('00', 'hex')
       from image_analyses on conflict do nothing`,
    );
    return request;
  }

  async function begin(request: DatasetRequest, scope: 'request' | 'customer' = 'request'): Promise<QcRun> {
    const run = await ground.run(request, scope);
    await runQc(analyser(), { runId: run.id }, NONE_SO_FAR);
    return run;
  }

  it('are cut as they are done, a few at a time, and the last ends the run', async () => {
    const run = await begin(await requestOf(await ground.customer(), 2600));
    let most = 0;
    let examined = 0;
    for (let open = await openBatches(); open.length > 0; open = await openBatches()) {
      most = Math.max(most, open.length);
      await examine(open[0]);
      examined += 1;
    }
    assert.equal(most, 4);
    assert.ok(examined > most);
    assert.deepEqual(await stateOf(run), ['completed', 2600, 0, 2600]);
  });

  it('are counted once, however many begin one at a time and however often', async () => {
    const run = await begin(await requestOf(await ground.customer(), 1200));
    const batches = await openBatches();
    await Promise.all([...batches, ...batches].map((batch) => examine(batch)));
    await Promise.all(batches.map((batch) => examine(batch)));
    assert.deepEqual(await stateOf(run), ['completed', 1200, 0, 1200]);
  });

  it('count pictures that came and went meanwhile as they are found', async () => {
    const request = await requestOf(await ground.customer(), 700);
    const run = await begin(request);
    await db.raw('delete from images where id = (select id from images order by id limit 1)');
    for (const batch of await openBatches()) await examine(batch);
    assert.deepEqual((await stateOf(run)).slice(0, 1), ['completed']);
    const [, done, , total] = await stateOf(run);
    assert.equal(done, total);
    assert.equal(
      done,
      await db('qc_results')
        .where({ requestId: request.id })
        .count()
        .first()
        .then((row) => row?.count),
    );
  });

  it('of other uploads of the customer follow once the request’s own are done', async () => {
    const ownerId = await ground.customer();
    const [earlier, request] = [await requestOf(ownerId, 40), await requestOf(ownerId, 5)];
    const run = await begin(request, 'customer');
    const parts: string[] = [];
    for (let open = await openBatches(); open.length > 0; open = await openBatches()) {
      parts.push(...open.map(({ part }) => part));
      await Promise.all(open.map((batch) => examine(batch)));
    }
    assert.deepEqual(parts, ['request', 'uploads', 'uploads', 'uploads']);
    assert.deepEqual(await stateOf(run), ['completed', 5, 0, 5]);
    const known = await db('picture_hashes').where({ ownerId });
    assert.equal(known.length, 45);
    assert.deepEqual(await ground.results(earlier), {}, 'they are in no run');
  });

  it('take turns among an owner’s runs', async () => {
    const ownerId = await ground.customer();
    const huge = await begin(await requestOf(ownerId, 4000));
    const small = await begin(await requestOf(ownerId, 5));
    assert.deepEqual(new Set((await openBatches()).map(({ runId }) => runId)), new Set([huge.id]));
    await examine((await openBatches())[0]);
    await examine((await openBatches()).find(({ runId }) => runId === small.id));
    assert.deepEqual(await stateOf(small), ['completed', 5, 0, 5]);
  });

  it('that fail time and again leave their pictures failed, and the run ends', async () => {
    const request = await requestOf(await ground.customer(), 10);
    await db.raw(`delete from image_analyses where sha256 in (select sha256 from images order by id limit 3)`);
    const run = await begin(request);
    const [batch] = await openBatches();
    await assert.rejects(examine(batch), /the storage is away/);
    assert.equal((await openBatches())[0]?.takenAt, null, 'it was put out of hand in order');
    await examine(batch, { ...NONE_SO_FAR, attempt: 5 });
    assert.deepEqual(await stateOf(run), ['completed', 10, 3, 10]);
    const failed = await db('qc_results').whereNotNull('error').select('findings');
    assert.deepEqual(
      failed,
      Array.from({ length: 3 }, () => ({ findings: ['analysis_failed'] })),
    );
  });

  it('are halved when process upon process dies over them, until one picture is left and given up', async () => {
    const request = await requestOf(await ground.customer(), 8);
    const run = await begin(request);
    // The one on which they die is the last: a batch with it is taken, and never turned in.
    const last = (await ground.images(request)).at(-1)?.id;
    const died = (batch: QcBatch) => db('qc_batches').where({ id: batch.id }).update({ takenAt: new Date() });
    const sizes: number[] = [];
    for (let open = await openBatches(); open.length > 0; open = await openBatches()) {
      for (const batch of open) {
        const fatal = batch.lastImageId === last;
        const halves = batch.takenAt && batch.crashes === 1 && batch.firstImageId !== last;
        const givenUp = batch.takenAt && batch.crashes === 2;
        if (!fatal || halves || givenUp) await examine(batch);
        else {
          // Taken by a process that dies over it, and found by the next.
          if (batch.takenAt) await db('qc_batches').where({ id: batch.id }).increment('crashes', 1);
          await died(batch);
        }
        if (halves)
          sizes.push(
            await db('qc_batches')
              .where({ runId: run.id })
              .count()
              .first()
              .then((row) => Number(row?.count)),
          );
      }
    }
    assert.ok(sizes.length >= 3, 'from eight to one');
    assert.deepEqual(await stateOf(run), ['completed', 8, 1, 8]);
    const failed = Object.values(await ground.results(request)).filter(({ error }) => error !== null);
    assert.deepEqual(
      failed.map(({ imageId }) => imageId),
      [last],
    );
  });

  it('end a run that was cancelled once nobody has one in hand', async () => {
    const request = await requestOf(await ground.customer(), 1200);
    const run = await begin(request);
    const [first, second] = await openBatches();
    await examine(first);
    await db('qc_batches').where({ id: second?.id }).update({ takenAt: new Date() });
    await cancelRun(db, request.id);
    assert.deepEqual(await stateOf(run), ['running', 512, 0, 1200]);
    await examine(second);
    assert.deepEqual(await stateOf(run), ['cancelled', 512, 0, 1200]);
    assert.deepEqual(await openBatches(), []);
  });

  it('of a run that was cancelled make room for the owner’s next', async () => {
    const ownerId = await ground.customer();
    const [huge, small] = [await requestOf(ownerId, 4000), await requestOf(ownerId, 5)];
    await begin(huge);
    const waiting = await begin(small);
    await cancelRun(db, huge.id);
    await endStrandedRuns(db);
    const { rows } = await db.raw<{ rows: { key: string }[] }>(
      `select key from graphile_worker.jobs where task_identifier = 'runQc'`,
    );
    assert.deepEqual(rows, [{ key: `runQc:${waiting.id}` }]);
    await runQc(analyser(), { runId: waiting.id }, NONE_SO_FAR);
    for (const batch of await openBatches()) await examine(batch);
    assert.deepEqual(await stateOf(waiting), ['completed', 5, 0, 5]);
  });

  it('whose last one in hand was cancelled make room, too', async () => {
    const ownerId = await ground.customer();
    const [huge, small] = [await requestOf(ownerId, 4000), await requestOf(ownerId, 5)];
    await begin(huge);
    const waiting = await begin(small);
    const inHand = await openBatches();
    await db('qc_batches').update({ takenAt: new Date() });
    await cancelRun(db, huge.id);
    for (const batch of inHand) await examine(batch);
    await endStrandedRuns(db);
    await runQc(analyser(), { runId: waiting.id }, NONE_SO_FAR);
    for (const batch of await openBatches()) await examine(batch);
    assert.equal((await stateOf(waiting))[0], 'completed');
  });

  it('whose job is lost are given another', async () => {
    const run = await begin(await requestOf(await ground.customer(), 5));
    await db.raw('delete from graphile_worker._private_jobs');
    await endStrandedRuns(db);
    await endStrandedRuns(db);
    const { rows } = await db.raw<{ rows: { key: string }[] }>('select key from graphile_worker.jobs');
    const [batch] = await openBatches();
    assert.deepEqual(rows, [{ key: `examineBatch:${batch?.id}` }]);
    await examine(batch);
    assert.equal((await stateOf(run))[0], 'completed');
  });

  it('of a huge run let another customer’s small one pass', async () => {
    const [huge, small] = [
      await requestOf(await ground.customer(), 9000),
      await requestOf(await ground.customer(), 20),
    ];
    const [hugeRun, smallRun] = [await ground.run(huge, 'request'), await ground.run(small, 'request')];
    const handlers: JobHandlers = {
      ...idleHandlers,
      runQc: (payload, job) => runQc(analyser(), payload, job),
      examineBatch: (payload, job) => examineBatch(analyser(), payload, job),
    };
    const options = { db, databaseUrl: ground.database.url, handlers, crontab: '', threads: 1, stats };
    const worker = await runWorker({ ...options, log: pino({ level: 'silent' }) });
    await enqueue(db, 'runQc', { runId: hugeRun.id });
    while ((await stateOf(hugeRun))[1] === 0) await new Promise(setImmediate);
    await enqueue(db, 'runQc', { runId: smallRun.id });
    while ((await stateOf(smallRun))[0] !== 'completed') await new Promise(setImmediate);
    const [status, done] = await stateOf(hugeRun);
    assert.equal(status, 'running');
    assert.ok(Number(done) < 8000, `${done} of 9,000 were done`);
    await worker.stop();
    assert.deepEqual(
      await openBatches().then((open) => open.map(({ takenAt }) => takenAt)),
      [null, null, null, null],
      'those in hand were given back',
    );
  });
});
