import { makeExport } from './features/exports/make-export.js';
import { sweepExports } from './features/exports/sweep.js';
import { makeHeatMap } from './features/images/make-heat-map.js';
import type { Analyser } from './features/qc/analyse-images.js';
import type { MatchMemory } from './features/qc/match/find-matches.js';
import { examineBatch } from './features/qc/examine-batch.js';
import { endStrandedRuns } from './features/qc/end-stranded-runs.js';
import { runQc } from './features/qc/run-qc.js';
import { sweepIdempotencyKeys } from './features/idempotency/keys.js';
import { clearRequests } from './features/requests/clear-requests.js';
import { sweepSessions } from './features/sessions/sweep.js';
import { dealUploaded } from './features/tasks/deal-images.js';
import { makeThumbnails } from './features/uploads/make-thumbnails.js';
import { sweepStorage } from './features/uploads/sweep-storage.js';
import { sweepAbandonedUploads } from './features/uploads/sweep.js';
import { deliverWebhook, type Sender } from './features/webhooks/deliver.js';
import { sweepWebhookDeliveries } from './features/webhooks/sweep.js';
import type { AnalysisPool } from './queue/analysis-pool.js';
import type { JobContext, JobHandlers } from './queue/job.js';
import type { SeparateProcess } from './queue/separate-process.js';

export type Worker = Analyser & MatchMemory & { pool: AnalysisPool; apart: SeparateProcess };

/** A job that was begun before may have taken the process along that did it. */
const withCare = (analyser: Worker, { attempt }: JobContext) =>
  attempt > 1 ? { ...analyser, pool: analyser.apart } : analyser;

/** Every kind of job and the domain function that does it: what `router.ts` is to procedures. */
export function jobHandlers(analyser: Worker, sender: Sender): JobHandlers {
  const { db, storage } = analyser;
  return {
    runQc: (payload, job) => runQc(analyser, payload, job),
    examineBatch: (payload, job) => examineBatch(analyser, payload, job),
    makeHeatMap: ({ imageId }, job) => makeHeatMap(withCare(analyser, job), imageId),
    makeThumbnails: ({ imageIds }, job) => makeThumbnails(withCare(analyser, job), imageIds, job.shutdown),
    deleteObjects: ({ keys }) => storage.delete(keys),
    sweepAbandonedUploads: () => sweepAbandonedUploads(db, storage),
    sweepStorage: (payload, job) => sweepStorage({ db, storage }, payload, job),
    endStrandedRuns: () => endStrandedRuns(db),
    clearRequests: (payload, job) => clearRequests(db, payload, job),
    sweepSessions: () => sweepSessions(db),
    makeExport: (payload, job) => makeExport(withCare(analyser, job), payload, job),
    sweepExports: () => sweepExports(db),
    dealImages: ({ requestId }) => dealUploaded(db, requestId),
    deliverWebhook: ({ deliveryId }) => deliverWebhook(sender, deliveryId),
    sweepWebhookDeliveries: () => sweepWebhookDeliveries(db),
    sweepIdempotencyKeys: () => sweepIdempotencyKeys(db),
  };
}

/** Jobs that come round by the clock, in graphile-worker's crontab format (UTC). */
export const crontab = `
* * * * * endStrandedRuns
7 * * * * clearRequests
17 * * * * sweepAbandonedUploads
47 * * * * sweepSessions
*/10 * * * * sweepExports
37 3 * * * sweepStorage
52 * * * * sweepWebhookDeliveries
57 * * * * sweepIdempotencyKeys
`;
