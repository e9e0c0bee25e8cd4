/**
 * How long it takes until work goes on after a fault: a worker process killed in the midst of a batch beside another,
 * all of them killed and one started, PostgreSQL stopped and back. `npm run bench:faults`, into `bench/RESULTS.md`.
 */
import { readFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Customer, Ground } from '../test/faults/ground.js';
import { type Part, until } from '../test/support/processes.js';
import { renderBenchFolder } from './pictures.js';
import { withChildren } from './processor-time.js';
import { markdownTable, median, writeSection } from './results-section.js';

const ROUNDS = 5;
/** Batches enough for two processes to have one each. */
const PICTURES = 96;
const OUTAGE_MS = 3000;

let made = 0;

/** Pictures that nobody has looked at before: each with a comment of its own. */
async function freshPictures(files: readonly string[]): Promise<Buffer[]> {
  return Promise.all(
    files.map(async (path) => {
      const jpeg = await readFile(path);
      const comment = Buffer.from([0xff, 0xfe, 0, 6, 0, 0, 0, 0]);
      comment.writeUInt32BE((made += 1), 4);
      return Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]);
    }),
  );
}

async function stopwatch(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Unlike the supervisor that would start it again, the process that works. */
async function killWorking(worker: Part): Promise<void> {
  for (const pid of (await withChildren(worker.pid)).slice(1)) process.kill(pid, 'SIGKILL');
}

class Recovery {
  constructor(
    readonly ground: Ground,
    readonly url: string,
    readonly files: readonly string[],
  ) {}

  /** From the kill until another process has the same batch in hand, or has done it. */
  async workerKilled(): Promise<number> {
    const doomed = await this.ground.start('worker');
    const pools = await this.#pools();
    const heir = await this.ground.start('worker');
    await this.#startRun();
    const id = await until('the first has a batch in hand', () => this.#batchOf(pools));
    const seconds = await stopwatch(async () => {
      await killWorking(doomed);
      await until('another has it', () => this.#isElsewhere(id, pools));
    });
    await Promise.all([doomed, heir].map((worker) => worker.stop()));
    return seconds;
  }

  /** From the start of a process, all others having been killed, until it has in hand what they left. */
  async allKilled(): Promise<number> {
    const doomed = await this.ground.start('worker');
    const pools = await this.#pools();
    await this.#startRun();
    const id = await until('it has a batch in hand', () => this.#batchOf(pools));
    const working = (await withChildren(doomed.pid)).slice(1);
    await doomed.stop('SIGKILL');
    for (const pid of working) process.kill(pid, 'SIGKILL');
    let heir: Part | undefined;
    const seconds = await stopwatch(async () => {
      heir = await this.ground.start('worker');
      await until('another has it', () => this.#isElsewhere(id, pools));
    });
    await heir?.stop();
    return seconds;
  }

  /** From the database's return until a call is answered again. */
  async databaseBack(): Promise<number> {
    const customer = await Customer.signUp(this.url);
    await this.ground.stopDatabase();
    await sleep(OUTAGE_MS);
    await this.ground.startDatabase();
    return stopwatch(() =>
      until('a call is answered', async () => (await customer.call('GET', '/requests')).status === 200),
    );
  }

  async #startRun(): Promise<void> {
    const customer = await Customer.signUp(this.url);
    await customer.upload(await freshPictures(this.files));
    const { status } = await customer.call('POST', `/requests/${customer.requestId}/qc/run`);
    if (status !== 200) throw new Error(`The run was answered ${status}`);
  }

  /** Under which the one process that runs locks its jobs. */
  #pools(): Promise<string[]> {
    return until('the process has its heartbeat', async () => {
      const rows = await this.ground.query<{ pool_ids: string[] }>(
        `select pool_ids from worker_processes where heartbeat_at > now() - interval '4 seconds'
         order by started_at desc limit 1`,
      );
      return rows[0]?.pool_ids;
    });
  }

  async #batchOf(pools: readonly string[]): Promise<string | undefined> {
    const rows = await this.ground.query<{ id: string }>(
      `select jobs.id from graphile_worker._private_jobs as jobs
       join graphile_worker._private_tasks as tasks on tasks.id = jobs.task_id
       where tasks.identifier = 'examineBatch' and ${LOCKED_BY} limit 1`,
      [pools],
    );
    return rows[0]?.id;
  }

  async #isElsewhere(id: string, pools: readonly string[]): Promise<boolean> {
    const rows = await this.ground.query<{ elsewhere: boolean }>(
      `select locked_by is not null and not ${LOCKED_BY} as elsewhere from graphile_worker._private_jobs as jobs where id = $2`,
      [pools, id],
    );
    return rows.length === 0 || rows[0]?.elsewhere === true;
  }
}

/** graphile-worker locks by worker, whose pool the row of a process names. */
const LOCKED_BY = `jobs.locked_by = any($1::text[])`;

const files = await renderBenchFolder(join(tmpdir(), 'assay-bench-pictures'), PICTURES);
const ground = await Ground.lay();
try {
  const api = await ground.start('api', { SHUTDOWN_DELAY_SECONDS: '0' });
  const recovery = new Recovery(ground, api.url, files);
  const figures = { worker: [] as number[], all: [] as number[], database: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    figures.worker.push(await recovery.workerKilled());
    figures.all.push(await recovery.allKilled());
    figures.database.push(await recovery.databaseBack());
    console.log(figures);
  }
  const row = (fault: string, seconds: readonly number[], goal: string) => ({
    fault,
    'seconds, median': median(seconds).toPrecision(2),
    'least – most': `${Math.min(...seconds).toPrecision(2)} – ${Math.max(...seconds).toPrecision(2)}`,
    goal,
  });
  const text = [
    '## Recovery from faults',
    markdownTable([
      row('a worker killed in the midst of a batch → another has that batch in hand', figures.worker, '≤ 15'),
      row('all workers killed, one started → it has their batch in hand', figures.all, ''),
      row('PostgreSQL back after three seconds → the first 200', figures.database, ''),
    ]),
    `${ROUNDS} rounds on a machine of load average ${loadavg()[0]?.toFixed(1) ?? ''} at the end. A process counts as dead ` +
      'once it has been silent for eight seconds; a heartbeat is two.',
  ].join('\n\n');
  console.log(text);
  await writeSection('faults', 'npm run bench:faults', text);
} finally {
  await ground.remove();
}
