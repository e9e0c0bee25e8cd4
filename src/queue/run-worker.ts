import { EventEmitter } from 'node:events';
import { Logger, run, type LogFunctionFactory, type TaskList, type WorkerEvents } from 'graphile-worker';
import type { Knex } from 'knex';
import type { Logger as Log } from 'pino';
import type { WorkerStats } from '../../models/worker-process.js';
import { Heartbeat } from './heartbeat.js';
import type { JobHandlers } from './job.js';

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

/** Jobs in hand at a time: thumbnails get their turn while a long run is under way. */
const CONCURRENCY = 4;

/**
 * Takes jobs off the queue until it is stopped. Stopping waits for the jobs in hand, which are told by their signal to
 * come to an end.
 */
export async function runWorker(options: WorkerOptions): Promise<{ stop(): Promise<void> }> {
  const { db, databaseUrl, handlers, crontab, threads, stats, log } = options;
  const shutdown = new AbortController();
  const events: WorkerEvents = new EventEmitter();
  let poolId = '';
  events.once('pool:create', ({ workerPool }) => {
    poolId = workerPool.id;
  });
  const runner = await run({
    connectionString: databaseUrl,
    concurrency: CONCURRENCY,
    noHandleSignals: true,
    pollInterval: 1000,
    crontab,
    events,
    taskList: taskList(handlers, shutdown.signal),
    logger: new Logger(pinoFactory(log)),
    preset: { worker: { gracefulShutdownAbortTimeout: 60_000 } },
  });
  const heartbeat = await Heartbeat.start(poolId, { db, threads, stats, log });
  return {
    async stop() {
      shutdown.abort();
      await runner.stop();
      await heartbeat.stop();
    },
  };
}

function taskList(handlers: JobHandlers, shutdown: AbortSignal): TaskList {
  const tasks = Object.entries(handlers).map(([name, handle]) => [
    name,
    (payload: unknown, { job }: { job: { attempts: number; max_attempts: number } }) =>
      (handle as (payload: unknown, context: object) => Promise<void>)(payload, {
        shutdown,
        attempt: job.attempts,
        maxAttempts: job.max_attempts,
      }),
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
