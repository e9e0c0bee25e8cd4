/**
 * Requests of 1,000, 10,000 and 100,000 pictures that are analysed already: how long one worker process takes to find
 * all pairs, how that grows, and what memory it takes; and how fast references are imported.
 * `npm run bench:scale [pictures …]`
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { QcRun } from '../models/qc-run.js';
import { loadConfig } from '../src/config.js';
import { importReferences } from '../src/features/references/import-references.js';
import { packageRoot } from '../src/package-root.js';
import { enqueue } from '../src/queue/job.js';
import { freshDatabase, stopDatabaseServer } from '../test/support/database.js';
import type { Fingerprint } from '../workers/fingerprint.js';
import { readAnalyserVersion } from '../workers/analyser-version.js';
import { renderFingerprints, seedKnownRequest } from './known-request.js';
import { markdownTable, writeSection } from './results-section.js';

const THREADS = 2;
const REFERENCES = 200_000;
/** Pictures of another customer's request that is looked through before anything is measured but memory. */
const FIRST_REQUEST = 200;
/** What a process keeps of each known picture: a hash, a descriptor, three words beside, and its number. */
const HASH_BYTES = 32 + 64 + 12 + 8;

const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1000, 10_000, 100_000];
const scratch = await mkdtemp(join(tmpdir(), 'assay-scale-'));
try {
  const machine = `One worker process of ${THREADS} threads, ${cpus().length} cores (${cpus()[0]?.model ?? ''})`;
  console.log(machine);
  const prints = await renderFingerprints();
  const figures: RequestFigure[] = [];
  for (const size of sizes) {
    figures.push(await measureRequest(size, prints));
    console.table(figures);
  }
  const load = loadavg()[1]!.toFixed(1);
  const imported = `References imported: ${(await measureImport()).toFixed(0)} a second (goal ≥ 20,000).`;
  console.log(imported);
  const text = [
    '## Requests of known pictures',
    `${machine}; load ${load} over the last five minutes, the bench’s own included, so that seconds say less than processor time, which counts from the end of a first request on.`,
    markdownTable(figures.map((figure) => ({ ...figure }))),
    `“Again” is a second run of the unchanged request. Memory is the peak of the process less the hashes (${HASH_BYTES} bytes a picture: hash, descriptor, owner and number) and less what it takes idle, or after a first request of ${FIRST_REQUEST} pictures, when its code and heaps are in place (goal ≤ 40 MB); the keys of local parts of the newest 16,384 pictures (about 2.3 kB each), the fingerprints in hand and the heaps of three threads are all part of it. The goal for 100,000 pictures is 60 s.`,
    imported,
  ];
  await writeSection('scale', 'npm run bench:scale', text.join('\n\n'));
} finally {
  await stopDatabaseServer();
  await rm(scratch, { recursive: true, force: true });
}

interface RequestFigure {
  pictures: string;
  seconds: string;
  'ms a picture': string;
  'processor ms a picture': string;
  'pairs found': string;
  'false pairs': string;
  'memory beside hashes, MB': string;
  'and beside a first request, MB': string;
  'again, seconds': string;
}

async function measureRequest(
  size: number,
  prints: { photos: Fingerprint[]; copies: Fingerprint[] },
): Promise<RequestFigure> {
  const { db, url, drop } = await freshDatabase();
  const analyserVersion = await readAnalyserVersion(loadConfig({}).detectorFolder);
  const first = await seedKnownRequest(db, FIRST_REQUEST, { ...prints, analyserVersion });
  const { requestId, pairs } = await seedKnownRequest(db, size, { ...prints, analyserVersion });
  const worker = startWorker(url);
  try {
    while (!(await db('worker_processes').first())) await sleep(50);
    const idle = await usageOf(worker);
    const run = async (requestId: string) => {
      const { ownerId } = (await db('requests').where({ id: requestId }).first()) as { ownerId: string };
      const id = uuidv7();
      await QcRun.query(db).insert({ id, requestId, startedBy: ownerId, scope: 'customer' });
      await enqueue(db, 'runQc', { runId: id });
      for (;;) {
        const { status, startedAt, finishedAt } = await QcRun.query(db).findById(id).throwIfNotFound();
        if (status === 'completed' && startedAt && finishedAt)
          return (finishedAt.getTime() - startedAt.getTime()) / 1000;
        if (status === 'failed') throw new Error('The run failed');
        await sleep(200);
      }
    };
    await run(first.requestId);
    const warm = await usageOf(worker);
    const copies = async () => {
      const [found] = (await db('picture_matches').where('score', '>=', 0.85).where({ relation: 'copy' }).count()) as [
        { count: number },
      ];
      return found.count / 2;
    };
    const before = await copies();
    const seconds = await run(requestId);
    const busy = await usageOf(worker);
    const found = (await copies()) - before;
    const again = await run(requestId);
    const memory = busy.peak - (size * HASH_BYTES) / 2 ** 20;
    return {
      pictures: size.toLocaleString('en'),
      seconds: seconds.toFixed(1),
      'ms a picture': ((1000 * seconds) / size).toFixed(2),
      'processor ms a picture': ((1000 * (busy.seconds - warm.seconds)) / size).toFixed(2),
      'pairs found': `${Math.min(pairs, found)} of ${pairs}`,
      'false pairs': String(Math.max(0, found - pairs)),
      'memory beside hashes, MB': (memory - idle.now).toFixed(0),
      'and beside a first request, MB': (memory - warm.now).toFixed(0),
      'again, seconds': again.toFixed(1),
    };
  } finally {
    worker.kill('SIGTERM');
    await once(worker, 'exit');
    await drop();
  }
}

function startWorker(databaseUrl: string): ChildProcess {
  return fork(join(packageRoot, 'dist/src/worker.js'), {
    // As it is built: what runs this bench would translate it anew, and more slowly.
    execArgv: [],
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      DATA_DIR: scratch,
      JWT_SECRET: 'a secret of the bench, 32 bytes and more',
      WORKER_THREADS: String(THREADS),
      LOG_LEVEL: 'warn',
    },
  });
}

/** Megabytes and processor seconds, from Linux's `/proc`. */
async function usageOf({ pid }: ChildProcess): Promise<{ now: number; peak: number; seconds: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const megabytes = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
  const stat = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM'), seconds: (Number(stat[11]) + Number(stat[12])) / 100 };
}

async function measureImport(): Promise<number> {
  const { db, drop } = await freshDatabase();
  const list = join(scratch, 'references.csv');
  const file = createWriteStream(list);
  for (let number = 0; number < REFERENCES; number++) {
    const hash = Array.from({ length: 8 }, () =>
      Math.floor(Math.random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    ).join('');
    if (!file.write(`${hash},https://example.com/pictures/${number}.jpg\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  const start = performance.now();
  const { added } = await importReferences({ db, config: loadConfig({}) }, list);
  const seconds = (performance.now() - start) / 1000;
  if (added !== REFERENCES) throw new Error(`${added} of ${REFERENCES} were added`);
  await drop();
  return REFERENCES / seconds;
}
