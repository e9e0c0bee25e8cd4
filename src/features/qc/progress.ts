import type { Knex } from 'knex';
import { raw } from 'objection';
import { Image } from '../../../models/image.js';
import { QcResult } from '../../../models/qc-result.js';
import { activeQcRunStatuses, QcRun } from '../../../models/qc-run.js';

export interface RunProgress {
  /** 0…100. */
  percent: number;
  /** Since the run began; null before the first image is done. */
  imagesPerSecond: number | null;
  /** At that rate; null while it is not known or the run is not under way. */
  secondsLeft: number | null;
}

/** A run, and when it stood so: by the database's clock, which its other times are of. */
export type RunAsRead = QcRun & { readAt: Date };

export async function newestRun(db: Knex, requestId: string): Promise<RunAsRead | undefined> {
  const newest = QcRun.query(db).where({ requestId }).orderBy('id', 'desc').first();
  return (await newest.select('qcRuns.*', raw('now() as read_at'))) as RunAsRead | undefined;
}

export function runProgress(run: QcRun, now: Date): RunProgress {
  const { status, imagesTotal, imagesDone, startedAt } = run;
  const seconds = startedAt ? ((run.finishedAt ?? now).getTime() - startedAt.getTime()) / 1000 : 0;
  const rate = imagesDone > 0 && seconds > 0 ? imagesDone / seconds : null;
  const share = imagesTotal > 0 ? Math.min(1, imagesDone / imagesTotal) : 0;
  return {
    // The last of a run is matching once more, when all pictures are done.
    percent: status === 'completed' ? 100 : Math.min(99, Math.floor(share * 100)),
    imagesPerSecond: rate,
    secondsLeft: rate !== null && status === 'running' ? Math.ceil(Math.max(0, imagesTotal - imagesDone) / rate) : null,
  };
}

/** Pictures of a request that have no result. Of a run under way its own figures tell it, without counting each time. */
export async function countUnchecked(db: Knex, requestId: string, run: QcRun | undefined): Promise<number> {
  if (run && activeQcRunStatuses.includes(run.status)) return Math.max(0, run.imagesTotal - run.imagesDone);
  const [images, results] = await Promise.all([
    Image.query(db).where({ requestId }).resultSize(),
    QcResult.query(db).where({ requestId }).resultSize(),
  ]);
  return Math.max(0, images - results);
}
