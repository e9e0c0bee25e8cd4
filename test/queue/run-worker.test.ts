import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import type { WorkerProcess } from '../../models/worker-process.js';
import { enqueue, type JobHandlers } from '../../src/queue/job.js';
import { runWorker } from '../../src/queue/run-worker.js';
import { freshDatabase } from '../support/database.js';
import { idleHandlers } from '../support/idle-handlers.js';

const stats = {
  imagesAnalysed: 0,
  analysisFailures: 0,
  stageSeconds: { decode: 0, hash: 0, detect: 0, provenance: 0, thumbnail: 0 },
};

describe('the job queue', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(() => database.drop());

  function startWorker(handlers: Partial<JobHandlers>) {
    return runWorker({
      db: database.db,
      databaseUrl: database.url,
      handlers: { ...idleHandlers, ...handlers },
      crontab: '',
      threads: 1,
      stats,
      log: pino({ level: 'silent' }),
    });
  }

  it('makes thumbnails however many batches are in hand, and tells those when the process is to stop', async () => {
    let begun = 0;
    let told = 0;
    const called = new EventEmitter();
    const thumbnails = once(called, 'thumbnails');
    const worker = await startWorker({
      examineBatch: async (_payload, { shutdown }) => {
        begun += 1;
        await once(shutdown, 'abort');
        told += 1;
      },
      makeThumbnails: ({ imageIds }) => Promise.resolve(void called.emit('thumbnails', ...imageIds)),
    });
    for (let index = 0; index < 6; index += 1) await enqueue(database.db, 'examineBatch', { batchId: String(index) });
    while (begun === 0) await sleep(10);
    await enqueue(database.db, 'makeThumbnails', { imageIds: ['first'] });
    assert.deepEqual(await thumbnails, ['first']);
    await worker.stop();
    assert.ok(begun < 6);
    assert.equal(told, begun);
  });

  it('tries a job again that failed, and gives each try its number', async () => {
    const tries: number[] = [];
    const called = new EventEmitter();
    const done = once(called, 'done');
    const worker = await startWorker({
      deleteObjects: (_payload, { attempt }) => {
        tries.push(attempt);
        if (attempt === 1) return Promise.reject(new Error('storage is away'));
        return Promise.resolve(void called.emit('done'));
      },
    });
    await enqueue(database.db, 'deleteObjects', { keys: [] });
    await done;
    await worker.stop();
    assert.deepEqual(tries, [1, 2]);
  });

  it('knows of each worker process by a row that goes with it', async () => {
    const worker = await startWorker({});
    const rows = await database.db<WorkerProcess>('worker_processes');
    assert.deepEqual(
      rows.map(({ threads, poolIds }) => [threads, poolIds.length]),
      [[1, 4]],
    );
    await worker.stop();
    assert.deepEqual(await database.db('worker_processes'), []);
  });
});
