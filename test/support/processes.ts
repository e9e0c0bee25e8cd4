import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/package-root.js';

const STEP_MS = 25;
const PATIENCE_MS = 30_000;
const BUILD = join(packageRoot, 'dist', 'src');
const launched = new Set<ChildProcess>();
let built: Promise<unknown> | undefined;

export interface ServiceOptions {
  /** One made for it, and removed when it stops, unless given. */
  dataDir?: string;
  /** As another user; needs root. */
  ids?: { uid: number; gid: number };
  /** The entry file; that of `npm start` unless given. */
  entry?: 'main' | 'api' | 'worker';
  /** A command that runs it: program and parameters, to which Node's command line is added. */
  within?: readonly string[];
  /** Whether npm runs it, as an operator does. */
  byNpm?: boolean;
}

/** How a process ended: its exit code, or the signal that ended it. */
export type Ending = number | NodeJS.Signals;

/** The whole service in processes of its own, on a port of its own, as `npm start` runs it. */
export interface Service {
  url: string;
  dataDir: string;
  pid: number;
  output: () => string;
  /** Sends a signal to the first of its processes and waits until that has ended. */
  stop: (signal?: NodeJS.Signals) => Promise<Ending>;
}

/**
 * Starts the service and waits until `/health` is content: database, storage and QC worker processes.
 * @param environment beyond `DATA_DIR`, a free `PORT` and no rate limit.
 */
export async function startService(
  environment: Record<string, string> = {},
  options: ServiceOptions = {},
): Promise<Service> {
  const dataDir = options.dataDir ?? (await makeDataDir());
  const { child, output, ended } = await launch({ ...environment, DATA_DIR: dataDir }, options);
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    const ending = await ended;
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    return ending;
  };
  try {
    const url = await addressOf(child, output);
    if (environment.WORKER_PROCESSES !== '0') await healthy(url);
    return { url, dataDir, pid: child.pid ?? 0, output, stop };
  } catch (error) {
    await stop('SIGKILL');
    throw error;
  }
}

/** Runs an entry file to its end: for starts that are to fail. */
export async function runToEnd(
  environment: Record<string, string>,
  options: ServiceOptions = {},
): Promise<{ ending: Ending; output: string }> {
  const { output, ended } = await launch(environment, options);
  return { ending: await ended, output: output() };
}

export async function makeDataDir(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-service-'));
  await chmod(folder, 0o711);
  return folder;
}

/** Pids of all that lives on that `DATA_DIR`: in their environment, their arguments or their working directory. */
export async function processesOn(dataDir: string): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
  const found = await Promise.all(pids.map(async (pid) => ((await mentions(pid, dataDir)) ? [pid] : [])));
  return found.flat();
}

/** Waits until nothing lives on that `DATA_DIR` any more. */
export async function untilGone(dataDir: string): Promise<void> {
  await until('everything has ended', async () => (await processesOn(dataDir)).length === 0);
}

/** Asks again and again until the answer is something, and gives it back. */
export async function until<T>(what: string, ask: () => T | Promise<T>): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    await sleep(STEP_MS);
  }
  throw new Error(`Waited in vain until ${what}`);
}

/** `kill -9` of all at once. */
export async function killAll(dataDir: string): Promise<void> {
  await until('everything is killed', async () => {
    const pids = await processesOn(dataDir);
    for (const pid of pids) killIfThere(pid);
    return pids.length === 0;
  });
}

/** For the end of the run: ends what a failed test left running. */
export function killLaunched(): void {
  for (const child of launched) child.kill('SIGKILL');
}

/** One part of the service alone, on a database that runs already. */
export interface Part {
  /** Of an API. */
  url: string;
  pid: number;
  output: () => string;
  /** How it ended; undefined while it runs. */
  ending: () => Ending | undefined;
  stop: (signal?: NodeJS.Signals) => Promise<Ending>;
}

/**
 * Starts one API or worker process and waits until it says that it is ready.
 * @param environment with `DATABASE_URL`, `DATA_DIR` and `JWT_SECRET`.
 * @param options.within a command that runs it, such as `unshare`.
 */
export async function startPart(
  entry: 'api' | 'worker',
  environment: Record<string, string>,
  options: Pick<ServiceOptions, 'within'> = {},
): Promise<Part> {
  const { child, output, ended } = await launch({ LOG_LEVEL: 'info', ...environment }, { ...options, entry });
  let ending: Ending | undefined;
  void ended.then((found) => (ending = found));
  await until(`the ${entry} is ready`, () => {
    if (ending !== undefined) throw new Error(`The ${entry} did not start:\n${output()}`);
    return /"msg":"(API|QC worker) ready"/.test(output());
  });
  return {
    url: /"url":"(http:[^"]+)"/.exec(output())?.[1] ?? '',
    pid: child.pid ?? 0,
    output,
    ending: () => ending,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}

async function launch(
  environment: Record<string, string>,
  { ids, entry = 'main', within = [], byNpm = false }: ServiceOptions,
) {
  built ??= promisify(execFile)('npx', ['--no-install', 'tsc', '-b', 'tsconfig.build.json'], { cwd: packageRoot });
  await built;
  const node = [process.execPath, join(BUILD, `${entry}.js`)];
  // Without the script that goes before, which would build.
  const npm = ['npm', 'run', '--ignore-scripts', entry === 'main' ? 'start' : entry];
  const [program = '', ...parameters] = [...within, ...(byNpm ? npm : node)];
  const child = spawn(program, parameters, {
    ...ids,
    cwd: byNpm ? packageRoot : tmpdir(),
    env: { PATH: process.env.PATH, PORT: '0', RATE_LIMIT_PER_MINUTE: '0', LOG_LEVEL: 'warn', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, as a terminal gives each command.
    detached: true,
  });
  if (launched.size === 0) process.once('exit', killLaunched);
  launched.add(child);
  return { child, output: collect(child), ended: endingOf(child) };
}

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  return () => text;
}

async function endingOf(child: ChildProcess): Promise<Ending> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? signal ?? -1;
}

function addressOf(child: ChildProcess, output: () => string): Promise<string> {
  return until('the service tells its address', () => {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended) throw new Error(`The service did not start:\n${output()}`);
    return /Address\s+(http:\S+)/.exec(output())?.[1];
  });
}

async function healthy(url: string): Promise<void> {
  await until('the service is healthy', async () => {
    const { status } = (await (await fetch(`${url}/health`)).json()) as { status: string };
    return status === 'ok';
  });
}

async function mentions(pid: number, text: string): Promise<boolean> {
  const sources = [
    readFile(`/proc/${pid}/cmdline`, 'utf8'),
    readFile(`/proc/${pid}/environ`, 'utf8'),
    readlink(`/proc/${pid}/cwd`),
  ];
  const texts = await Promise.all(sources.map((source) => source.catch(() => '')));
  return texts.some((found) => found.includes(text));
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended between being found and now.
  }
}
