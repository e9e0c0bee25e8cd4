import type { Knex } from 'knex';
import { logContext } from '../log-context.js';
import { traceparent } from '../tracing.js';

/** Every kind of job and what it is given. */
export interface JobPayloads {
  runQc: { runId: string };
  examineBatch: { batchId: string };
  makeThumbnails: { imageIds: string[] };
  makeHeatMap: { imageId: string };
  deleteObjects: { keys: string[] };
  sweepAbandonedUploads: Record<string, never>;
  /** Where to go on; from the start unless given. */
  sweepStorage: { room?: string; after?: string };
  endStrandedRuns: Record<string, never>;
  /** Of one request that was deleted; of those that were left over unless given. */
  clearRequests: { requestId?: string };
  sweepSessions: Record<string, never>;
  makeExport: { exportId: string };
  dealImages: { requestId: string };
  sweepExports: Record<string, never>;
  deliverWebhook: { deliveryId: string };
  sweepWebhookDeliveries: Record<string, never>;
  sweepIdempotencyKeys: Record<string, never>;
}

export type JobName = keyof JobPayloads;

/** What a handler gets beside its payload. */
export interface JobContext {
  /** Aborted when the process is to stop: the handler puts its work back into the queue and returns. */
  shutdown: AbortSignal;
  /** How often the job has been tried, this time included, and how often it may be. */
  attempt: number;
  maxAttempts: number;
}

export type JobHandlers = { [Name in JobName]: (payload: JobPayloads[Name], context: JobContext) => Promise<void> };

/**
 * Where in a worker process a job is done; none takes the places of another.
 * - `short`: comes at once, however many of the others are under way
 * - `long`: keeps the process busy for long
 * - `bulk`: may take hours
 * - `outgoing`: waits for strangers
 */
export type JobPlace = 'short' | 'long' | 'bulk' | 'outgoing';

/** Long jobs that a process has in hand at a time; more would only make all of them slower. */
export const LONG_CONCURRENCY = 2;

/** How many jobs a process has in hand at a time. */
export const jobPlaces: Record<JobPlace, number> = { long: LONG_CONCURRENCY, bulk: 1, outgoing: 8, short: 2 };

export interface JobKind {
  place: JobPlace;
  /** Lower runs first. */
  priority: number;
  /**
   * How often it is tried. The pause before another try grows e-fold each time: five tries are over in a minute and a
   * half, which is as long as a person waits for a run; more may take hours.
   */
  attempts: number;
}

export const jobKinds: Record<JobName, JobKind> = {
  makeThumbnails: { place: 'short', priority: 0, attempts: 10 },
  makeHeatMap: { place: 'short', priority: 0, attempts: 3 },
  runQc: { place: 'short', priority: 5, attempts: 5 },
  examineBatch: { place: 'long', priority: 10, attempts: 5 },
  deleteObjects: { place: 'short', priority: 20, attempts: 20 },
  sweepAbandonedUploads: { place: 'short', priority: 20, attempts: 2 },
  sweepStorage: { place: 'short', priority: 30, attempts: 3 },
  endStrandedRuns: { place: 'short', priority: 5, attempts: 2 },
  clearRequests: { place: 'short', priority: 20, attempts: 10 },
  sweepSessions: { place: 'short', priority: 20, attempts: 2 },
  makeExport: { place: 'bulk', priority: 10, attempts: 5 },
  dealImages: { place: 'short', priority: 0, attempts: 10 },
  sweepExports: { place: 'short', priority: 20, attempts: 2 },
  deliverWebhook: { place: 'outgoing', priority: 5, attempts: 5 },
  sweepWebhookDeliveries: { place: 'short', priority: 20, attempts: 2 },
  sweepIdempotencyKeys: { place: 'short', priority: 20, attempts: 2 },
};

/** Where a job came from, which its log lines and its trace go on to tell. */
export interface JobCause {
  requestId?: string | undefined;
  traceparent?: string | undefined;
}

function cause(): { cause?: JobCause } {
  const from = { requestId: logContext().request_id, traceparent: traceparent() };
  return from.requestId === undefined && from.traceparent === undefined ? {} : { cause: from };
}

/**
 * Adds a job within the transaction of the rows it is about: both are there or neither is.
 * @param key under which the job can be found again; a second job under the same key replaces one not begun yet.
 */
export async function enqueue<Name extends JobName>(
  trx: Knex,
  name: Name,
  payload: JobPayloads[Name],
  key: string | null = null,
): Promise<void> {
  const { priority, attempts } = jobKinds[name];
  await trx.raw(
    'select graphile_worker.add_job(?, payload := ?::json, priority := ?, max_attempts := ?, job_key := ?)',
    [name, JSON.stringify({ ...payload, ...cause() }), priority, attempts, key],
  );
}
