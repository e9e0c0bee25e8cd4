import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import { WorkerProcess } from '../../models/worker-process.js';
import { enqueue } from '../../src/queue/job.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { exampleRouter } from './example-router.js';

describe('Health and metrics', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer({ router: exampleRouter });
  });
  afterEach(() => server.stop());

  const workerId = uuidv7();
  const stats = {
    imagesAnalysed: 41,
    analysisFailures: 2,
    stageSeconds: { decode: 1.5, hash: 0.5, detect: 2, provenance: 0.25, thumbnail: 0 },
  };
  const startWorker = (heartbeatAt = new Date()) =>
    WorkerProcess.query(server.db).insert({ id: workerId, host: 'test', threads: 3, poolIds: [], stats, heartbeatAt });

  for (const path of ['/health', '/_health', '/api/health', '/health/']) {
    it(`reports at ${path}`, async () => {
      await startWorker();
      await enqueue(server.db, 'sweepAbandonedUploads', {});
      const { status, body } = await server.api('GET', path);
      assert.equal(status, 200);
      assert.deepEqual(body, {
        status: 'ok',
        version: '0.1.0',
        database: 'ok',
        storage: 'ok',
        queue: { depth: 1, failed: 0 },
        workers: { processes: 1, threads: 3 },
      });
    });
  }

  it('names the methods it takes to whoever comes with another', async () => {
    for (const path of ['/health', '/api/health/', '/livez', '/readyz', '/metrics', '/openapi.json', '/docs', '/']) {
      for (const method of ['PATCH', 'POST', 'DELETE']) {
        const { status, headers, body } = await server.api(method, path);
        assert.deepEqual([status, body.code], [405, 'method_not_allowed'], `${method} ${path}`);
        assert.equal(headers.get('Allow'), 'HEAD, GET, OPTIONS');
      }
      const { status, headers } = await server.api('OPTIONS', path);
      assert.deepEqual([status, headers.get('Allow')], [204, 'HEAD, GET, OPTIONS'], path);
    }
  });

  it('is degraded, and answers all the same, while no worker lives', async () => {
    await startWorker(new Date(Date.now() - 60_000));
    const { status, body } = await server.api('GET', '/health');
    assert.equal(status, 200);
    assert.equal(body.status, 'degraded');
    assert.deepEqual(body.workers, { processes: 0, threads: 0 });
  });

  it('is degraded while storage fails, and does not say how', async () => {
    const failing = await startTestServer({ router: exampleRouter, sharing: server });
    failing.services.storage.check = () => Promise.reject(new Error('ENOSPC /secret/path'));
    const { status, body } = await failing.api('GET', '/health');
    await failing.stop();
    assert.equal(status, 200);
    assert.equal(body.storage, 'unreachable');
    assert.equal(body.status, 'degraded');
    assert.doesNotMatch(JSON.stringify(body), /secret/);
  });

  it('is down without its database, while the process is alive', async () => {
    await server.db.destroy();
    const { status, body } = await server.api('GET', '/health');
    assert.equal(status, 503);
    assert.equal(body.status, 'down');
    assert.equal(body.database, 'unreachable');
    assert.equal((await server.api('GET', '/readyz')).status, 503);
    assert.equal((await server.api('GET', '/livez')).status, 200);
    assert.equal((await server.api('GET', '/metrics')).status, 200);
    server.db.initialize();
  });

  it('is not ready while draining', async () => {
    const draining = new AbortController();
    const stopping = await startTestServer({ router: exampleRouter, sharing: server, draining: draining.signal });
    assert.equal((await stopping.api('GET', '/readyz')).status, 200);
    draining.abort();
    const { status, body } = await stopping.api('GET', '/readyz');
    const { status: alive } = await stopping.api('GET', '/livez');
    await stopping.stop();
    assert.equal(status, 503);
    assert.deepEqual(body, { status: 'draining' });
    assert.equal(alive, 200);
  });

  it('counts and times requests by route, in each application by itself', async () => {
    const other = await startTestServer({ router: exampleRouter, sharing: server });
    await server.api('GET', '/api/echo/1/');
    await server.api('GET', '/echo/2?q=x');
    await server.api('GET', '/fail/conflict');
    await server.api('GET', '/nowhere/at/all');
    await server.api('GET', '/trpc/echo.stats');
    const { headers, body } = await server.api<string>('GET', '/metrics');
    const elsewhere = await other.api<string>('GET', '/metrics');
    await other.stop();
    assert.match(headers.get('Content-Type') ?? '', /^text\/plain; version=0\.0\.4/);
    for (const line of [
      'http_requests_total{method="GET",route="/echo/{id}",status="200"} 2',
      'http_requests_total{method="GET",route="/fail/{kind}",status="409"} 1',
      'http_requests_total{method="GET",route="unmatched",status="404"} 1',
      'http_requests_total{method="GET",route="/trpc/echo.stats",status="200"} 1',
      'http_request_duration_seconds_count{method="GET",route="/echo/{id}",status="200"} 2',
    ]) {
      assert.ok(body.split('\n').includes(line), line);
    }
    assert.match(body, /^nodejs_eventloop_lag_p99_seconds [\d.e-]+$/m);
    assert.doesNotMatch(elsewhere.body, /http_requests_total\{/);
  });

  it('shows queue and workers as they are now', async () => {
    await startWorker();
    for (const keys of [['a'], ['b']]) await enqueue(server.db, 'deleteObjects', { keys });
    const first = (await server.api<string>('GET', '/metrics')).body.split('\n');
    for (const line of [
      'queue_depth{job="deleteObjects"} 2',
      'queue_jobs_failed{job="deleteObjects"} 0',
      `worker_threads{worker="${workerId}"} 3`,
      `images_analysed_total{worker="${workerId}"} 41`,
      `image_analysis_failures_total{worker="${workerId}"} 2`,
      `image_analysis_seconds_total{worker="${workerId}",stage="detect"} 2`,
    ]) {
      assert.ok(first.includes(line), line);
    }
    await WorkerProcess.query(server.db).deleteById(workerId);
    const second = (await server.api<string>('GET', '/metrics')).body;
    assert.doesNotMatch(second, /worker_threads\{/);
  });
});
