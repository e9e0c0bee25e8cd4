import { hostname } from 'node:os';
import type { Knex } from 'knex';
import type { Logger } from 'pino';
import { raw } from 'objection';
import { v7 as uuidv7 } from 'uuid';
import { WorkerProcess, type WorkerStats } from '../../models/worker-process.js';

const INTERVAL_MS = 2000;
/** A process silent for this long counts as dead: four beats missed. */
const DEAD_AFTER_SECONDS = 8;
/** A database that is back gives every process this long to be heard again before any counts as dead. */
const GRACE_SECONDS = 10;

export interface HeartbeatOptions {
  db: Knex;
  threads: number;
  stats: WorkerStats;
  log: Logger;
}

/**
 * A worker process's sign of life: a row that bears its worker pools' ids. Each process also looks for those that fell
 * silent and unlocks their jobs, which graphile-worker by itself would do after four hours.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #id = uuidv7();
  readonly #poolIds: readonly string[];
  readonly #timer: NodeJS.Timeout;
  #beating: Promise<void> | undefined;
  /** By this process's monotonic clock: the last beat, and when those after which none failed began. */
  #lastBeat = Number.NaN;
  #steadySince = -Infinity;

  private constructor(poolIds: readonly string[], options: HeartbeatOptions) {
    this.#poolIds = poolIds;
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#beating ??= this.#beat()
        .catch((error: unknown) => {
          options.log.warn({ err: error }, 'heartbeat failed');
        })
        .finally(() => {
          this.#beating = undefined;
        });
    }, INTERVAL_MS);
  }

  /**
   * Resolves once the row is there.
   * @param poolIds the names under which graphile-worker locks this process's jobs.
   */
  static async start(poolIds: readonly string[], options: HeartbeatOptions): Promise<Heartbeat> {
    const heartbeat = new Heartbeat(poolIds, options);
    await heartbeat.#beat();
    return heartbeat;
  }

  /** Takes the row away: a process that stops in order has given its jobs back. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
    await WorkerProcess.query(this.#options.db).deleteById(this.#id);
  }

  async #beat(): Promise<void> {
    const { db, threads, stats } = this.#options;
    await WorkerProcess.query(db)
      .insert({
        id: this.#id,
        poolIds: [...this.#poolIds],
        host: hostname(),
        threads,
        stats,
        heartbeatAt: raw('now()'),
      })
      .onConflict('id')
      .merge(['stats', 'heartbeatAt']);
    if (this.#heardSteadily()) await unlockJobsOfDeadProcesses(db);
  }

  /** Whoever was cut off himself knows nothing of the others: they may have been cut off with him. */
  #heardSteadily(): boolean {
    const now = performance.now();
    if (now - this.#lastBeat > 2 * INTERVAL_MS) this.#steadySince = now;
    this.#lastBeat = now;
    return now - this.#steadySince > GRACE_SECONDS * 1000;
  }
}

async function unlockJobsOfDeadProcesses(db: Knex): Promise<void> {
  await db.raw(
    `with dead as (
       delete from worker_processes
       where heartbeat_at < now() - make_interval(secs => ?)
         and pg_postmaster_start_time() < now() - make_interval(secs => ?)
       returning pool_ids
     )
     select graphile_worker.force_unlock_workers(array_agg(pool_id)) from dead, unnest(pool_ids) as pool_id
     having count(*) > 0`,
    [DEAD_AFTER_SECONDS, GRACE_SECONDS],
  );
}
