import type { Knex } from 'knex';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { liveWorkers, queueDepths } from '../queue/queue-state.js';
import { isRead } from './read-only.js';
import type { HttpMiddleware } from './request-state.js';

/** What Prometheus scrapes at `/metrics`. Each application has a registry of its own. */
export interface Metrics {
  /** Counts and times every request. */
  observe: HttpMiddleware;
  /** Serves `/metrics`. */
  expose: HttpMiddleware;
}

export function createMetrics(db: Knex): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const readings = [queueReading(registry, db), workerReading(registry, db)];
  return { observe: requestMeter(registry), expose: exposition(registry, readings) };
}

/** Brings metrics that live in the database up to date. */
type Reading = () => Promise<void>;

function exposition(registry: Registry, readings: readonly Reading[]): HttpMiddleware {
  return async (ctx, next) => {
    if (ctx.path !== '/metrics') return next();
    ctx.state.route = '/metrics';
    if (!isRead(ctx)) return undefined;
    // Without a database there is still this process to be seen.
    await Promise.allSettled(readings.map((read) => read()));
    ctx.set('Content-Type', registry.contentType);
    ctx.body = await registry.metrics();
    return undefined;
  };
}

function requestMeter(registry: Registry): HttpMiddleware {
  const labelNames = ['method', 'route', 'status'] as const;
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered.',
    labelNames,
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Seconds from the first byte of a request to the last of its answer.',
    labelNames,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120],
    registers: [registry],
  });
  return (ctx, next) => {
    const stop = durations.startTimer();
    ctx.res.once('close', () => {
      const labels = { method: knownMethod(ctx.method), route: ctx.state.route, status: ctx.res.statusCode };
      requests.inc(labels);
      stop(labels);
    });
    return next();
  };
}

/** A caller may invent methods, and each would make a series. */
const knownMethod = (method: string) =>
  ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].includes(method) ? method : 'other';

function queueReading(registry: Registry, db: Knex): Reading {
  const shared = { labelNames: ['job'], registers: [registry] };
  const depth = new Gauge({ name: 'queue_depth', help: 'Jobs waiting or running, by kind.', ...shared });
  const failed = new Gauge({ name: 'queue_jobs_failed', help: 'Jobs given up, by kind.', ...shared });
  return async () => {
    const queues = await queueDepths(db);
    for (const metric of [depth, failed]) metric.reset();
    for (const queue of queues) {
      depth.set({ job: queue.job }, queue.depth);
      failed.set({ job: queue.job }, queue.failed);
    }
  };
}

/** Workers put their counters into their heartbeat rows; read here, they need no port of their own. */
function workerReading(registry: Registry, db: Knex): Reading {
  const shared = { labelNames: ['worker'], registers: [registry] };
  const threads = new Gauge({ name: 'worker_threads', help: 'Analysis threads of a QC worker process.', ...shared });
  const analysed = new Counter({ name: 'images_analysed_total', help: 'Images analysed.', ...shared });
  const failures = new Counter({ name: 'image_analysis_failures_total', help: 'Analyses that broke off.', ...shared });
  const seconds = new Counter({
    name: 'image_analysis_seconds_total',
    help: 'Thread seconds spent on images, by stage.',
    labelNames: ['worker', 'stage'],
    registers: [registry],
  });
  return async () => {
    const workers = await liveWorkers(db);
    for (const metric of [threads, analysed, failures, seconds]) metric.reset();
    for (const { id: worker, threads: count, stats } of workers) {
      threads.set({ worker }, count);
      analysed.inc({ worker }, stats.imagesAnalysed);
      failures.inc({ worker }, stats.analysisFailures);
      for (const [stage, spent] of Object.entries(stats.stageSeconds)) seconds.inc({ worker, stage }, spent);
    }
  };
}
