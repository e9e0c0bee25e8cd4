import type { JobHandlers } from '../../src/queue/job.js';

const nothing = () => Promise.resolve();

/** Every kind of job, done by doing nothing; a test puts in those that it is about. */
export const idleHandlers: JobHandlers = {
  runQc: nothing,
  examineBatch: nothing,
  makeThumbnails: nothing,
  makeHeatMap: nothing,
  deleteObjects: nothing,
  sweepAbandonedUploads: nothing,
  sweepStorage: nothing,
  sweepSessions: nothing,
  clearRequests: nothing,
  endStrandedRuns: nothing,
  makeExport: nothing,
  sweepExports: nothing,
  dealImages: nothing,
  deliverWebhook: nothing,
  sweepWebhookDeliveries: nothing,
  sweepIdempotencyKeys: nothing,
};
