import type { Knex } from 'knex';
import { WorkerProcess } from '../../models/worker-process.js';

/** Jobs that wait or run, and those that were given up. */
export interface QueueDepth {
  job: string;
  depth: number;
  failed: number;
}

export async function queueDepths(db: Knex): Promise<QueueDepth[]> {
  return db
    .withSchema('graphile_worker')
    .from('jobs')
    .select({ job: 'task_identifier' })
    .select(db.raw('count(*) filter (where attempts < max_attempts)::int as depth'))
    .select(db.raw('count(*) filter (where attempts >= max_attempts)::int as failed'))
    .groupBy('task_identifier');
}

/** Workers give a sign of life every two seconds. */
const SILENT_AFTER_SECONDS = 10;

/** The QC worker processes that are alive, and what each has done since it started. */
export async function liveWorkers(db: Knex): Promise<WorkerProcess[]> {
  return WorkerProcess.query(db).whereRaw('heartbeat_at > now() - make_interval(secs => ?)', [SILENT_AFTER_SECONDS]);
}
