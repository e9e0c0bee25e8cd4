import { once } from 'node:events';
import { join } from 'node:path';
import { checkDetectorFiles } from '../workers/detector.js';
import { checkPort, type RunningApi, startApi } from './api.js';
import type { Config } from './config.js';
import { startEmbeddedPostgres } from './database/embedded-postgres.js';
import { migrate } from './database/migrate.js';
import { type ProcessLife, runProcess } from './run-process.js';
import { StartupError } from './startup-error.js';
import { WorkerProcesses } from './worker-processes.js';

const LONGEST_WAIT_MS = 10_000;

await runProcess(
  async (life) => {
    const { config, log, shutdown, atEnd } = life;
    shutdown.requested.addEventListener('abort', () => {
      say('\nAssay is stopping: what is under way is finished …\n');
    });
    atEnd(() => {
      if (shutdown.requested.aborted) say('Assay has stopped.\n');
      return Promise.resolve();
    });
    await checkPort(config);
    // Before anything else: the workers, who need it, would end and be started again and again.
    if (config.workerProcesses > 0) await checkDetectorFolder(config.detectorFolder);
    const databaseUrl = config.databaseUrl ?? (await startDatabase(life));
    await migrate(databaseUrl, log);

    // They start last, since they are told the API's address, and are stopped after it.
    const workers = new WorkerProcesses();
    atEnd((hastened) => workers.stop(hastened));
    const api = await startApi(config, { databaseUrl, log });
    atEnd((hastened) => api.close(hastened));
    const environment = {
      ...process.env,
      DATABASE_URL: databaseUrl,
      PUBLIC_URL: api.publicUrl,
    };
    workers.start({ count: config.workerProcesses, threads: config.workerThreads, environment, log });
    if (config.workerProcesses > 0) await anyOf(workers.someReady, shutdown.requested);
    if (!shutdown.requested.aborted) say(greeting(config, api));
  },
  { closeWithinMs: 75_000, looksAtPictures: true },
);

function say(text: string): void {
  process.stdout.write(text);
}

/** Ready is who looks at pictures, too; one that takes its time costs those who wait no more than this. */
async function anyOf(ready: Promise<void>, stopped: AbortSignal): Promise<void> {
  const late = AbortSignal.any([stopped, AbortSignal.timeout(LONGEST_WAIT_MS)]);
  if (!late.aborted) await Promise.race([ready, once(late, 'abort')]);
}

async function checkDetectorFolder(folder: string): Promise<void> {
  await checkDetectorFiles(folder).catch((reason: unknown) => {
    throw new StartupError((reason as Error).message, { cause: reason });
  });
}

async function startDatabase({ config, log, atEnd, fail }: ProcessLife): Promise<string> {
  const database = await startEmbeddedPostgres(config.dataDir, log);
  atEnd(() => database.stop());
  void database.crashed.then(() => {
    fail('the database server ended by itself');
  });
  return database.url;
}

function greeting(config: Config, api: RunningApi): string {
  const lines: [string, string][] = [
    ['Address', api.url],
    ['Docs', `${api.url}/docs`],
    ['Data', config.databaseUrl ? `${config.storageUrl}, and the database of DATABASE_URL` : dataFolders(config)],
    ...(api.hasAdmin && !config.firstAdmin ? [] : [['First admin', firstAdmin(config)] as [string, string]]),
  ];
  return `\nAssay is ready.\n\n${lines.map(([name, value]) => `  ${name.padEnd(12)} ${value}\n`).join('')}\n`;
}

function dataFolders({ dataDir, storageUrl }: Config): string {
  return storageUrl === `file:${join(dataDir, 'storage')}` ? dataDir : `${dataDir}, and pictures in ${storageUrl}`;
}

function firstAdmin({ firstAdmin: account, production }: Config): string {
  if (account) return `${account.email} (ADMIN_EMAIL)`;
  if (production) return 'set ADMIN_EMAIL and ADMIN_PASSWORD and start again';
  return (
    'while there is none, whoever registers may make himself one: open the address in a browser, or\n' +
    `${' '.repeat(15)}POST /api/users/, then POST /api/users/{id}/roles/ with ADMIN or SUPER_ADMIN`
  );
}
