import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createOnce } from '../secret-file.js';
import { StartupError } from '../startup-error.js';
import { claimFolder } from './folder-claim.js';
import { findPostgresBinaries, postgresEnvironment } from './postgres-binaries.js';
import { createCluster, type Installation, prepareCluster } from './postgres-cluster.js';
import { choosePostgresUser, commandAs } from './postgres-user.js';
import { embeddedUrl } from './running-postgres.js';
import { POSTGRES_PORT, makeSocketFolder, removeSocketFolder } from './socket-folder.js';

const FAST_STOP_MS = 30_000;
const RETRY_MS = 10_000;

/** For a small machine that does other work as well; durability stays as PostgreSQL has it. */
const SETTINGS = {
  listen_addresses: '',
  port: POSTGRES_PORT,
  unix_socket_permissions: '0700',
  max_connections: '100',
  shared_buffers: '64MB',
  max_wal_size: '256MB',
  random_page_cost: '1.1',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  io_method: 'sync',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '',
  // Failed statements belong to whoever sent them, and their text may hold what nobody should read in a log.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
};

export interface EmbeddedPostgres {
  /** A `postgresql://` URL over a Unix socket, with password. */
  url: string;
  /** Resolves if the server ends without having been told to. */
  crashed: Promise<void>;
  /** Ends all connections and the server; resolves when its last process is gone. May be called again. */
  stop: () => Promise<void>;
}

/**
 * Starts the PostgreSQL that came with npm on the cluster in `dataDir`, making the cluster first where there is none.
 * A server left behind by a killed process is stopped before. It listens on a Unix socket only, and ends when this
 * process ends, however that comes about.
 * @param settings further server settings, overriding ours.
 * @throws {StartupError} when the folder is in use, holds another version's cluster, or PostgreSQL cannot run here.
 */
export async function startEmbeddedPostgres(
  dataDir: string,
  log: Logger,
  settings: Record<string, string> = {},
): Promise<EmbeddedPostgres> {
  const binaries = await findPostgresBinaries();
  const folder = await makeFolder(dataDir);
  const releaseClaim = await claimFolder(folder);
  try {
    const user = await choosePostgresUser(folder, binaries);
    const environment = await postgresEnvironment(binaries, folder);
    const installation = { folder, cluster: join(folder, 'data'), binaries, user, environment, log };
    const password = await readyCluster(installation);
    const socketFolder = await makeSocketFolder(folder, user.owner);
    const server = await launch(installation, { ...SETTINGS, unix_socket_directories: socketFolder, ...settings });
    let stopping: Promise<void> | undefined;
    return {
      url: embeddedUrl(password, socketFolder),
      crashed: new Promise((resolve) => {
        void server.ended.then(() => {
          if (!stopping) resolve();
        });
      }),
      stop: () =>
        (stopping ??= server.stop().then(async () => {
          await removeSocketFolder(socketFolder);
          await releaseClaim();
        })),
    };
  } catch (error) {
    await releaseClaim();
    throw error;
  }
}

async function makeFolder(dataDir: string): Promise<string> {
  const folder = join(dataDir, 'postgres');
  try {
    // Root's PostgreSQL runs as another user, who has to pass.
    const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
    await mkdir(folder, { recursive: true, mode });
    const real = await realpath(folder);
    await readdir(real);
    return real;
  } catch (error) {
    throw new StartupError(`Cannot use ${folder}: ${(error as Error).message}. Set DATA_DIR to a folder of your own.`);
  }
}

/** @returns the password of the cluster, which is made where there is none. */
async function readyCluster(installation: Installation): Promise<string> {
  const passwordFile = join(installation.folder, 'password');
  if (existsSync(installation.cluster)) {
    await prepareCluster(installation);
    return readFile(passwordFile, 'utf8');
  }
  const password = await createOnce(passwordFile, () => randomBytes(24).toString('hex'));
  await createCluster(installation, password);
  return password;
}

interface Server {
  ended: Promise<void>;
  stop: () => Promise<void>;
}

/** Starts the server and resolves when it takes connections. */
async function launch(installation: Installation, settings: Record<string, string>): Promise<Server> {
  const deadline = Date.now() + RETRY_MS;
  for (;;) {
    const server = spawnServer(installation, settings);
    const complaint = await server.started;
    if (complaint === undefined) return server;
    // The last processes of a killed server take a moment to notice.
    if (!complaint.includes('pre-existing shared memory block') || Date.now() > deadline) {
      throw new StartupError(`PostgreSQL does not start:\n${complaint}`);
    }
    await sleep(200);
  }
}

/** `started` resolves to what the server said when it ended instead. */
function spawnServer(
  { cluster, binaries, user, environment, log }: Installation,
  settings: Record<string, string>,
): Server & { started: Promise<string | undefined> } {
  const [program, parameters] = commandAs(user, binaries.postgres, [
    ...['-D', cluster],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const server = spawn(program, parameters, {
    ...user.ids,
    env: environment,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    // A session of its own: a terminal's Ctrl-C reaches a whole process group, and the database has to end last.
    detached: true,
  });
  const watchdog = spawnWatchdog(server, cluster);
  const ended = once(server, 'exit').then(() => {
    watchdog.kill('SIGKILL');
  });
  const said: string[] = [];
  const started = new Promise<string | undefined>((resolve) => {
    createInterface(server.stderr).on('line', (line) => {
      log[/^(FATAL|PANIC)/.test(line) ? 'warn' : 'debug']({ postgres: line }, 'database server');
      said.splice(0, said.length - 20);
      said.push(line);
      if (line.endsWith('database system is ready to accept connections')) resolve(undefined);
    });
    void ended.then(() => {
      resolve(said.join('\n'));
    });
  });
  const stop = async () => {
    server.kill('SIGINT');
    const impatience = setTimeout(() => server.kill('SIGQUIT'), FAST_STOP_MS);
    await ended;
    clearTimeout(impatience);
  };
  return { started, ended, stop };
}

/** Ends the server when this process is gone: the pipe it reads from is closed by the kernel even after `kill -9`. */
function spawnWatchdog(server: ChildProcess, cluster: string): ChildProcess {
  const script = 'read -r _; kill -INT "$1"';
  const watchdog = spawn('/bin/sh', ['-c', script, 'assay-watchdog', String(server.pid), cluster], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.unref();
  return watchdog;
}
