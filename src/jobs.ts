import { makeExport } from './features/exports/make-export.js';
import { sweepExports } from './features/exports/sweep.js';
import { makeHeatMap } from './features/images/make-heat-map.js';
import type { Analyser } from './features/qc/analyse-images.js';
import type { MatchMemory } from './features/qc/match/find-matches.js';
import { endStrandedRuns } from './features/qc/end-stranded-runs.js';
import { runQc } from './features/qc/run-qc.js';
import { sweepSessions } from './features/sessions/sweep.js';
import { dealUploaded } from './features/tasks/deal-images.js';
import { makeThumbnails } from './features/uploads/make-thumbnails.js';
import { sweepAbandonedUploads } from './features/uploads/sweep.js';
import type { JobHandlers } from './queue/job.js';

/** Every kind of job and the domain function that does it: what `router.ts` is to procedures. */
export function jobHandlers(analyser: Analyser & MatchMemory): JobHandlers {
  const { db, storage } = analyser;
  return {
    runQc: (payload, job) => runQc(analyser, payload, job),
    makeHeatMap: ({ imageId }) => makeHeatMap(analyser, imageId),
    makeThumbnails: ({ imageIds }, { shutdown }) => makeThumbnails(analyser, imageIds, shutdown),
    deleteObjects: ({ keys }) => storage.delete(keys),
    sweepAbandonedUploads: () => sweepAbandonedUploads(db, storage),
    endStrandedRuns: () => endStrandedRuns(db),
    sweepSessions: () => sweepSessions(db),
    makeExport: (payload, job) => makeExport(analyser, payload, job),
    sweepExports: () => sweepExports(db),
    dealImages: ({ requestId }) => dealUploaded(db, requestId),
  };
}

/** Jobs that come round by the clock, in graphile-worker's crontab format (UTC). */
export const crontab = `
* * * * * endStrandedRuns
17 * * * * sweepAbandonedUploads
47 * * * * sweepSessions
*/10 * * * * sweepExports
`;
