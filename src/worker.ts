import type { Logger } from 'pino';
import { readAnalyserVersion } from '../workers/analyser-version.js';
import { checkDetectorFiles } from '../workers/detector.js';
import type { Config } from './config.js';
import { connect } from './database/connection.js';
import { migrate } from './database/migrate.js';
import { isEntryFile } from './entry-file.js';
import { CandidateReader } from './features/qc/match/candidates.js';
import { KnownPictures } from './features/qc/match/known-pictures.js';
import { PartsMemory } from './features/qc/match/parts.js';
import { crontab, jobHandlers } from './jobs.js';
import { loadJwtSecret, storageSigningKey } from './jwt-secret.js';
import { AnalysisPool } from './queue/analysis-pool.js';
import { type RunningWorker, runWorker } from './queue/run-worker.js';
import { SeparateProcess } from './queue/separate-process.js';
import { type ProcessLife, runProcess } from './run-process.js';
import { sealingKey } from './sealed-text.js';
import { StartupError } from './startup-error.js';
import { createStorage } from './storage/create-storage.js';
import { WorkerProcesses } from './worker-processes.js';

/** Connections that jobs need beside one for each picture in hand. */
const SPARE_CONNECTIONS = 5;

/** Takes jobs off the queue and analyses pictures, in this process and its threads, until it is stopped. */
export async function startWorker(
  config: Config,
  { databaseUrl, log }: { databaseUrl: string; log: Logger },
): Promise<RunningWorker> {
  const {
    workerThreads: threads,
    detectorFolder,
    pictureDeadlineSeconds: deadlineSeconds,
    storageUrl,
    limits,
  } = config;
  const analyserVersion = await readAnalyserVersion(detectorFolder).catch(refuse);
  const publicUrl = config.publicUrl ?? `http://localhost:${config.port}`;
  const jwtSecret = await loadJwtSecret(config);
  const signingKey = storageSigningKey(jwtSecret);
  const storage = await createStorage({ storageUrl, publicUrl, signingKey });
  const db = connect(databaseUrl, { poolSize: threads + SPARE_CONNECTIONS, applicationName: 'assay worker', log });
  const pool = new AnalysisPool({ threads, detectorFolder, deadlineSeconds });
  const apart = new SeparateProcess({ detectorFolder, deadlineSeconds });
  const close = async () => {
    await Promise.all([pool.close(), apart.close()]);
    await db.destroy();
  };
  try {
    await pool.checkDetector().catch(refuse);
    const memory = { known: new KnownPictures(), candidates: new CandidateReader(), parts: new PartsMemory() };
    const maxPixels = limits.maxImagePixels;
    const sender = { db, webhookKey: sealingKey(jwtSecret, 'webhooks'), allowPrivate: config.privateWebhooks };
    const handlers = jobHandlers({ db, storage, pool, apart, analyserVersion, maxPixels, ...memory }, sender);
    const worker = await runWorker({ db, databaseUrl, handlers, crontab, threads, stats: pool.stats, log });
    const ended = Promise.race([
      worker.ended,
      pool.stuck.then(() => 'a picture holds a thread that cannot be stopped'),
    ]);
    return { stop: () => worker.stop().finally(close), ended };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What is wrong with the detector's folder is whoever runs this to mend. */
function refuse(reason: unknown): never {
  throw new StartupError(reason instanceof Error ? reason.message : String(reason), { cause: reason });
}

if (isEntryFile(import.meta.url)) {
  // Whoever started it by `fork` looks after it; from a shell it looks after itself, as a process that starts it again.
  await (process.connected
    ? runProcess(work, { closeWithinMs: 20_000 })
    : runProcess(supervise, { closeWithinMs: 25_000 }));
}

async function work({ config, log, shutdown, atEnd, fail }: ProcessLife): Promise<void> {
  // It does not outlive what started it, however that ended.
  process.once('disconnect', () => {
    shutdown.request();
  });
  const { databaseUrl } = await prepare(config, log);
  const worker = await startWorker(config, { databaseUrl, log });
  atEnd(() => worker.stop());
  void worker.ended.then(fail);
  log.info({ threads: config.workerThreads }, 'QC worker ready');
}

/** A picture may take the process along that looks at it, so there is another that stays. */
async function supervise({ config, log, atEnd }: ProcessLife): Promise<void> {
  const { workerThreads: threads, detectorFolder } = config;
  await prepare(config, log);
  await checkDetectorFiles(detectorFolder).catch(refuse);
  const workers = new WorkerProcesses();
  atEnd((hastened) => workers.stop(hastened));
  workers.start({ count: Math.max(1, config.workerProcesses), threads, environment: process.env, log });
}

/** @throws {StartupError} without a database. */
async function prepare({ databaseUrl }: Config, log: Logger): Promise<{ databaseUrl: string }> {
  if (!databaseUrl) {
    throw new StartupError('DATABASE_URL is needed to run a worker alone. `npm start` brings a database along.');
  }
  await migrate(databaseUrl, log);
  return { databaseUrl };
}
