import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { QcRun } from '../../models/qc-run.js';
import { endStrandedRuns } from '../../src/features/qc/end-stranded-runs.js';
import { moveOn } from '../../src/features/qc/plan-batches.js';
import { runProgress } from '../../src/features/qc/progress.js';
import { renderPicture } from '../support/pictures.js';
import { QcCustomer, startTestWorker } from '../support/qc.js';
import { startTestServer, type TestServer } from '../support/server.js';

describe('QC runs', function () {
  this.timeout(120_000);

  let server: TestServer;
  let customer: QcCustomer;

  beforeEach(async () => {
    server = await startTestServer();
    customer = await QcCustomer.signUp(server);
  });
  afterEach(() => server.stop());

  async function requestOf(pictures: number): Promise<string> {
    const files = await Promise.all(
      Array.from({ length: pictures }, async (_, seed) => {
        return [`${seed}.jpg`, await renderPicture({ seed, width: 200, height: 200 })] as const;
      }),
    );
    return customer.requestWith(Object.fromEntries(files));
  }

  const requestStatus = async (requestId: string) =>
    (await server.api('GET', `/requests/${requestId}`, { token: customer.token })).body.status;

  it('are one at a time for a request, decided by the database', async () => {
    const requestId = await requestOf(1);
    const answers = await Promise.all(Array.from({ length: 8 }, () => customer.run(requestId)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ status }) => status === 409).length, 7);
    const [{ count }] = (await server.db('graphile_worker.jobs').where({ task_identifier: 'runQc' }).count()) as [
      { count: number },
    ];
    assert.equal(count, 1);
  });

  it('take the request from new through in_qc to ready', async () => {
    const requestId = await requestOf(2);
    assert.equal(await requestStatus(requestId), 'new');
    await customer.run(requestId);
    assert.equal(await requestStatus(requestId), 'in_qc');
    const worker = startTestWorker(server);
    await customer.reached(requestId, 'completed');
    assert.equal(await requestStatus(requestId), 'ready');
    await worker.stop();
  });

  it('that nobody began are cancelled at once', async () => {
    const requestId = await requestOf(1);
    assert.equal((await customer.cancel(requestId)).status, 409);
    await customer.run(requestId);
    const { status, body } = await customer.cancel(requestId);
    assert.deepEqual([status, body.status], [200, 'cancelled']);
    assert.equal(await requestStatus(requestId), 'new');
    assert.equal((await customer.run(requestId)).status, 200, 'a new one may start');
  });

  it('that wait to be tried again are cancelled at once', async () => {
    const requestId = await requestOf(1);
    await customer.run(requestId);
    await server.db('qc_runs').where({ requestId }).update({ status: 'running' });
    assert.equal((await customer.cancel(requestId)).body.status, 'cancelled');
    assert.equal((await customer.run(requestId)).status, 200);
  });

  it('are cancelled, too, where it was asked for while the last of their pictures were looked at', async () => {
    const requestId = await requestOf(1);
    const { body } = await customer.run(requestId);
    const runs = server.db('qc_runs').where({ requestId });
    await runs.clone().update({ status: 'running', planning: 'request_cut', cancelRequested: true });
    await server.db('qc_batches').delete();
    await server.db.transaction((trx) => moveOn(trx, { id: (body as { run_id: string }).run_id }));
    assert.equal((await customer.status(requestId)).status, 'cancelled');
    assert.equal(await requestStatus(requestId), 'new');
  });

  it('under way are cancelled between two pictures and keep what they found', async () => {
    const requestId = await requestOf(80);
    const worker = startTestWorker(server);
    await customer.run(requestId);
    while ((await customer.status(requestId)).images_done === 0) await sleep(20);
    await customer.cancel(requestId);
    const { images_done } = await customer.reached(requestId, 'cancelled');
    assert.ok(images_done < 80);
    assert.equal(Object.keys(await customer.results(requestId)).length, images_done);
    await worker.stop();
  });

  it('are given back by a worker that stops, and finished by the next', async () => {
    const requestId = await requestOf(20);
    const first = startTestWorker(server);
    await customer.run(requestId);
    await customer.reached(requestId, 'running');
    await first.stop();
    assert.equal((await customer.status(requestId)).status, 'running');
    const second = startTestWorker(server);
    const { images_done, images_total } = await customer.reached(requestId, 'completed');
    assert.deepEqual([images_done, images_total], [20, 20]);
    await second.stop();

    assert.equal((await customer.status(requestId)).images_unchecked, 0);
    await customer.upload(requestId, { 'later.jpg': await renderPicture({ seed: 4711, width: 64, height: 64 }) });
    assert.equal((await customer.status(requestId)).images_unchecked, 1, 'what came later is told apart');
  });

  it('of a worker that was killed are taken over by another within seconds, each picture counted once', async () => {
    const requestId = await requestOf(20);
    const doomed = startTestWorker(server);
    await customer.run(requestId);
    while ((await customer.status(requestId)).images_done === 0) await sleep(20);
    await doomed.stop('SIGKILL');
    const heir = startTestWorker(server);
    const { images_done, images_total } = await customer.reached(requestId, 'completed');
    assert.deepEqual([images_done, images_total], [20, 20]);
    assert.equal(Object.keys(await customer.results(requestId)).length, 20);
    await heir.stop();
  });

  it('whose job will never run again are failed, so that another may start', async () => {
    const requestId = await requestOf(1);
    await customer.run(requestId);
    await endStrandedRuns(server.db);
    assert.equal((await customer.status(requestId)).status, 'queued', 'its job is still to come');
    await server.db.raw('delete from graphile_worker._private_jobs');
    await endStrandedRuns(server.db);
    assert.equal((await customer.status(requestId)).status, 'failed');
    assert.equal(await requestStatus(requestId), 'new');
    assert.equal((await customer.run(requestId)).status, 200);
  });

  it('have no status before the first', async () => {
    const { status, percent } = await customer.status(await requestOf(1));
    assert.deepEqual([status, percent], ['not_started', 0]);
  });
});

describe('the progress of a QC run', () => {
  const startedAt = new Date('2026-01-01T00:00:00Z');
  const later = (seconds: number) => new Date(startedAt.getTime() + seconds * 1000);
  const run = (fields: Partial<QcRun>) =>
    Object.assign(new QcRun(), {
      status: 'running',
      imagesTotal: 100,
      imagesDone: 0,
      startedAt,
      finishedAt: null,
      ...fields,
    });

  it('is told in per cent, rate and time left', () => {
    assert.deepEqual(runProgress(run({ imagesDone: 25 }), later(10)), {
      percent: 25,
      imagesPerSecond: 2.5,
      secondsLeft: 30,
    });
  });

  it('knows no rate before the first picture', () => {
    assert.deepEqual(runProgress(run({}), later(10)), { percent: 0, imagesPerSecond: null, secondsLeft: null });
  });

  it('is 100 % only when the run is complete', () => {
    assert.equal(runProgress(run({ imagesDone: 100 }), later(10)).percent, 99);
    assert.equal(runProgress(run({ status: 'completed', imagesTotal: 0 }), later(10)).percent, 100);
  });

  it('stands still once the run has ended', () => {
    const ended = run({ status: 'cancelled', imagesDone: 50, finishedAt: later(10) });
    assert.deepEqual(runProgress(ended, later(1000)), { percent: 50, imagesPerSecond: 5, secondsLeft: null });
  });
});
