import { EventEmitter } from 'node:events';
import {
  Logger,
  run,
  type LogFunctionFactory,
  type Runner,
  type RunnerOptions,
  type TaskList,
  type WorkerEvents,
} from 'graphile-worker';
import type { Knex } from 'knex';
import type pg from 'pg';
import type { Logger as Log } from 'pino';
import type { WorkerStats } from '../../models/worker-process.js';
import { withLogContext } from '../log-context.js';
import { inSpan } from '../tracing.js';
import { Heartbeat } from './heartbeat.js';
import {
  jobKinds,
  jobPlaces,
  type JobCause,
  type JobContext,
  type JobHandlers,
  type JobName,
  type JobPlace,
} from './job.js';
import { createQueuePool } from './queue-pool.js';

export interface WorkerOptions {
  db: Knex;
  databaseUrl: string;
  handlers: JobHandlers;
  crontab: string;
  /** Analysis threads of this process: told to who asks after its health. */
  threads: number;
  stats: WorkerStats;
  log: Log;
}

export interface RunningWorker {
  stop(): Promise<void>;
  /** Resolves to the reason if it ends, or has to, without having been stopped. */
  ended: Promise<string>;
}

/**
 * Takes jobs off the queue until it is stopped. Stopping waits for the jobs in hand, which are told by their signal to
 * come to an end.
 */
export async function runWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { db, handlers, crontab, threads, stats, log } = options;
  const shutdown = new AbortController();
  const pools: Awaited<ReturnType<typeof startPool>>[] = [];
  for (const [place, concurrency] of Object.entries(jobPlaces) as [JobPlace, number][]) {
    pools.push(
      await startPool(options, {
        concurrency,
        taskList: taskList(handlers, shutdown.signal, place),
        ...(place === 'short' && { crontab }),
      }),
    );
  }
  const heartbeat = await Heartbeat.start(
    pools.map(({ id }) => id),
    { db, threads, stats, log },
  );
  return {
    async stop() {
      shutdown.abort();
      await Promise.all(pools.map(({ runner }) => runner.stop()));
      await Promise.all(pools.map(({ connections }) => connections.end()));
      await heartbeat.stop();
    },
    ended: new Promise((resolve) => {
      for (const { runner } of pools) {
        const end = () => {
          if (!shutdown.signal.aborted) resolve('the queue ended by itself');
        };
        runner.promise.then(end, end);
      }
    }),
  };
}

async function startPool(
  { databaseUrl, log }: WorkerOptions,
  options: RunnerOptions,
): Promise<{ runner: Runner; id: string; connections: pg.Pool }> {
  const events: WorkerEvents = new EventEmitter();
  let id = '';
  events.once('pool:create', ({ workerPool }) => {
    id = workerPool.id;
  });
  const connections = createQueuePool(databaseUrl, log);
  const runner = await run({
    pgPool: connections,
    noHandleSignals: true,
    pollInterval: 1000,
    events,
    logger: new Logger(pinoFactory(log)),
    preset: { worker: { gracefulShutdownAbortTimeout: 60_000 } },
    ...options,
  });
  return { runner, id, connections };
}

function taskList(handlers: JobHandlers, shutdown: AbortSignal, place: JobPlace): TaskList {
  const wanted = Object.entries(handlers).filter(([name]) => jobKinds[name as JobName].place === place);
  const tasks = wanted.map(([name, handle]) => [
    name,
    (payload: unknown, { job }: { job: { id: string; attempts: number; max_attempts: number } }) => {
      const { cause, ...own } = payload as { cause?: JobCause; runId?: string };
      const context = { shutdown, attempt: job.attempts, maxAttempts: job.max_attempts };
      const work = handle as (payload: unknown, context: JobContext) => Promise<void>;
      return withLogContext(
        {
          job: name,
          job_id: job.id,
          ...(cause?.requestId !== undefined && { request_id: cause.requestId }),
          ...(own.runId !== undefined && { run_id: own.runId }),
        },
        () => inSpan(`job ${name}`, { kind: 'consumer', parent: cause?.traceparent }, () => work(own, context)),
      );
    },
  ]);
  return Object.fromEntries(tasks) as TaskList;
}

/** graphile-worker tells of every job at `info`; that is our `debug`. */
const pinoFactory =
  (log: Log): LogFunctionFactory =>
  () =>
  (level, message, meta) => {
    const pinoLevel = { error: 'error', warning: 'warn', info: 'debug', debug: 'trace' }[level] as 'error';
    log[pinoLevel]({ meta: meta && { jobId: (meta as { job?: { id?: string } }).job?.id } }, message);
  };
