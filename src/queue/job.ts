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

/** Jobs that keep a process busy for long: they leave places free for the others. */
export const longJobs: ReadonlySet<JobName> = new Set(['examineBatch']);

/** Long jobs that a process has in hand at a time; more would only make all of them slower. */
export const LONG_CONCURRENCY = 2;

/** Jobs that may take hours, in a place of their own: quality control does not wait for them, nor they for it. */
export const bulkJobs: ReadonlySet<JobName> = new Set(['makeExport']);

/** Jobs that wait for strangers: they have places of their own, so that no slow one holds up pictures. */
export const outgoingJobs: ReadonlySet<JobName> = new Set(['deliverWebhook']);

/** Lower runs first. */
const priorities: Record<JobName, number> = {
  makeThumbnails: 0,
  makeHeatMap: 0,
  runQc: 5,
  examineBatch: 10,
  deleteObjects: 20,
  sweepAbandonedUploads: 20,
  sweepStorage: 30,
  endStrandedRuns: 5,
  clearRequests: 20,
  sweepSessions: 20,
  makeExport: 10,
  dealImages: 0,
  sweepExports: 20,
  deliverWebhook: 5,
  sweepWebhookDeliveries: 20,
  sweepIdempotencyKeys: 20,
};

/**
 * The pause before another try grows e-fold each time: five tries are over in a minute and a half, which is as long as
 * a person waits for a run; the others may take hours.
 */
const maxAttempts: Record<JobName, number> = {
  makeThumbnails: 10,
  makeHeatMap: 3,
  runQc: 5,
  examineBatch: 5,
  deleteObjects: 20,
  sweepAbandonedUploads: 2,
  sweepStorage: 3,
  endStrandedRuns: 2,
  clearRequests: 10,
  sweepSessions: 2,
  makeExport: 5,
  dealImages: 10,
  sweepExports: 2,
  deliverWebhook: 5,
  sweepWebhookDeliveries: 2,
  sweepIdempotencyKeys: 2,
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
  await trx.raw(
    'select graphile_worker.add_job(?, payload := ?::json, priority := ?, max_attempts := ?, job_key := ?)',
    [name, JSON.stringify({ ...payload, ...cause() }), priorities[name], maxAttempts[name], key],
  );
}
