import { execFile } from 'node:child_process';
import { chown, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import { StartupError } from '../startup-error.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { commandAs, type PostgresUser } from './postgres-user.js';
import { findProcess } from './process-table.js';

const run = promisify(execFile);
const PATIENCE = [
  { signal: 'SIGINT', milliseconds: 30_000 },
  { signal: 'SIGQUIT', milliseconds: 5000 },
  { signal: 'SIGKILL', milliseconds: 5000 },
] as const;

/** All that the steps of a start share. */
export interface Installation {
  /** `postgres` in the data directory. */
  folder: string;
  /** `data` in it: all that PostgreSQL keeps, and belongs to whom it runs as. */
  cluster: string;
  binaries: PostgresBinaries;
  user: PostgresUser;
  environment: NodeJS.ProcessEnv;
  log: Logger;
}

/** The superuser of every cluster made here. */
export const ROLE = 'assay';

/** Makes an existing cluster ready to be started: right version, and no server left on it. */
export async function prepareCluster({ cluster, binaries, log }: Installation): Promise<void> {
  const version = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim();
  if (Number(version) !== binaries.majorVersion) {
    throw new StartupError(
      `${cluster} was made by PostgreSQL ${version}; this is version ${binaries.majorVersion}. Start the assay release ` +
        'that made it, save the database with pg_dump, and restore it into a new DATA_DIR.',
    );
  }
  const pidFile = join(cluster, 'postmaster.pid');
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  if (!(pid > 0)) return;
  if (isServerOf(cluster, pid)) {
    log.warn({ pid }, 'stopping the database server that a killed process left behind');
    await stopLeftover(cluster, pid);
  } else {
    // The pid may be another program's by now, for which PostgreSQL would refuse to start. We hold the claim.
    await rm(pidFile, { force: true });
  }
}

function isServerOf(cluster: string, pid: number): boolean {
  return findProcess(pid)?.commandLine.includes(`postgres -D ${cluster} `) ?? false;
}

async function stopLeftover(cluster: string, pid: number): Promise<void> {
  for (const { signal, milliseconds } of PATIENCE) {
    const end = Date.now() + milliseconds;
    if (isServerOf(cluster, pid)) process.kill(pid, signal);
    while (Date.now() < end) {
      if (!isServerOf(cluster, pid)) return;
      await sleep(20);
    }
  }
  throw new StartupError(`The database server ${pid} left from an earlier run does not end. End it and start again.`);
}

/** Makes the cluster under another name first, so that one half-made by a killed process is never started. */
export async function createCluster(
  { folder, cluster, binaries, user, environment, log }: Installation,
  password: string,
) {
  for (const name of await readdir(folder)) {
    if (name.startsWith('initdb-')) await rm(join(folder, name), { recursive: true, force: true, maxRetries: 3 });
  }
  const workshop = await mkdtemp(join(folder, 'initdb-'));
  const passwordFile = join(workshop, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  for (const path of [passwordFile, workshop]) await chown(path, user.owner.uid, user.owner.gid);

  log.debug({ cluster }, 'making the database cluster');
  const [program, parameters] = commandAs(user, binaries.initdb, [
    ...['-D', join(workshop, 'data'), '-U', ROLE, `--pwfile=${passwordFile}`, '--encoding=UTF8'],
    ...['--auth-local=scram-sha-256', '--auth-host=reject', '--no-instructions'],
    ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    // One call for the whole file system instead of one a file: three times as fast and as durable.
    ...(process.platform === 'linux' ? ['--sync-method=syncfs'] : []),
  ]);
  try {
    await run(program, parameters, { ...user.ids, env: environment, cwd: '/' });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    const advice = `PostgreSQL cannot make its cluster in ${folder}; set DATABASE_URL to use another.`;
    throw new StartupError(`${advice}\n${stderr ?? message}`);
  }
  await rename(join(workshop, 'data'), cluster);
  await rm(workshop, { recursive: true, force: true });
}
