import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import pino from 'pino';
import { createLog } from '../../src/log.js';
import { packageRoot } from '../../src/package-root.js';
import type { JobHandlers } from '../../src/queue/job.js';
import { runWorker } from '../../src/queue/run-worker.js';
import { inSpan, startTracing } from '../../src/tracing.js';
import { until } from '../support/processes.js';
import { startTestServer } from '../support/server.js';

interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
}

interface Export {
  resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
}

describe('what a request sets off', function () {
  // A process of its own, and a database, on a machine that may be busy.
  this.timeout(60_000);

  it('is one trace from HTTP to the job to the thread, and bears one id in the log', async () => {
    const spans: Span[] = [];
    const collector = createServer((request, response) => {
      void request.toArray().then((chunks) => {
        const { resourceSpans } = JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as Export;
        spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
        response.setHeader('Content-Type', 'application/json').end('{}');
      });
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const stop = await startTracing(`http://127.0.0.1:${(collector.address() as AddressInfo).port}`, 'assay test');
    const lines: Record<string, unknown>[] = [];
    const log = createLog('info', {
      write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]),
    });
    const server = await startTestServer();
    const worker = await runWorker({
      db: server.db,
      databaseUrl: server.services.config.databaseUrl ?? '',
      handlers: {
        runQc: async () => {
          await inSpan('thread analyse', {}, () => {
            log.info('at work');
            return Promise.resolve();
          });
        },
      } as unknown as JobHandlers,
      crontab: '',
      threads: 1,
      stats: { imagesAnalysed: 0, analysisFailures: 0, stageSeconds: {} } as never,
      log: pino({ level: 'silent' }),
    });
    const { token } = await server.signUp();
    const { body } = await server.api('POST', '/requests', { token, json: { title: 'QC' } });
    const [trace, parent] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
    const headers = { traceparent: `00-${trace}-${parent}-01`, 'X-Request-Id': 'request-of-the-test' };
    const run = await server.api('POST', `/requests/${String(body.id)}/qc/run`, { token, headers });
    const line = await until('the job is at work', () => lines[0]);
    await worker.stop();
    await server.stop();
    await stop();
    collector.close();

    assert.deepEqual([line.request_id, line.run_id, line.job], ['request-of-the-test', run.body.run_id, 'runQc']);
    assert.ok(line.job_id);
    const named = (name: string) => spans.find((span) => span.name === name && span.traceId === trace);
    const [http, job, thread] = ['POST /requests/{request_id}/qc/run', 'job runQc', 'thread analyse'].map(named);
    assert.equal(http?.parentSpanId, parent);
    assert.equal(job?.parentSpanId, http.spanId);
    assert.equal(thread?.parentSpanId, job.spanId);
  });

  it('loads nothing of OpenTelemetry where there is nowhere to send traces to', async () => {
    const program = `
      const { startTracing } = await import('./src/tracing.ts');
      await import('./src/queue/run-worker.ts');
      const loaded = async () => (await import('node:module')).createRequire(import.meta.url).cache;
      await startTracing(undefined, 'x');
      console.log(Object.keys(await loaded()).some((file) => file.includes('@opentelemetry')));
      await startTracing('http://127.0.0.1:9', 'x');
      console.log(Object.keys(await loaded()).some((file) => file.includes('@opentelemetry')));
      process.exit(0);`;
    const arguments_ = ['--import', 'tsx', '--input-type=module', '--eval', program];
    const { stdout } = await promisify(execFile)(process.execPath, arguments_, { cwd: packageRoot });
    assert.deepEqual(stdout.trim().split('\n'), ['false', 'true']);
  });
});
