import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';

/** The same kind of file as this one: `.ts` under tsx, `.js` once built. */
const WORKER_FILE = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));
/** What a worker process sends to the one that started it, once it takes jobs. */
export const WORKER_READY = 'ready';
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
const DRAIN_MS = 20_000;

export interface WorkerProcessesOptions {
  count: number;
  /** Analysis threads of each. */
  threads: number;
  environment: NodeJS.ProcessEnv;
  log: Logger;
}

/** QC worker processes beside this one. One that ends by itself is started again, after a longer pause each time. */
export class WorkerProcesses {
  readonly #running = new Set<ChildProcess>();
  readonly #restarts = new Set<NodeJS.Timeout>();
  #stopping = false;
  #whenReady: () => void = () => undefined;
  /** Resolves when the first of them takes jobs. */
  readonly someReady = new Promise<void>((resolve) => (this.#whenReady = resolve));

  start(options: WorkerProcessesOptions): void {
    const environment = {
      ...options.environment,
      // sharp decodes on libuv's threads, of which there are four unless told otherwise before the process starts.
      UV_THREADPOOL_SIZE: options.environment.UV_THREADPOOL_SIZE ?? String(Math.max(4, options.threads + 2)),
    };
    for (let index = 0; index < options.count; index += 1) this.#launch({ ...options, environment }, FIRST_PAUSE_MS);
  }

  /** Asks each to finish the pictures in hand, and kills those that have not after twenty seconds. */
  async stop(hastened: AbortSignal): Promise<void> {
    this.#stopping = true;
    for (const restart of this.#restarts) clearTimeout(restart);
    await Promise.all([...this.#running].map((child) => stopChild(child, hastened)));
  }

  #launch({ environment, ...options }: WorkerProcessesOptions, pause: number): void {
    const { log } = options;
    // A session of its own: a terminal's Ctrl-C reaches a whole process group, and we say who stops when.
    const child = fork(WORKER_FILE, { env: environment, detached: true });
    if (child.pid !== undefined) yieldToOthers(child.pid);
    const startedAt = performance.now();
    this.#running.add(child);
    child.once('message', (message) => {
      if (message === WORKER_READY) this.#whenReady();
    });
    child.once('error', (error) => log.error({ err: error }, 'QC worker process cannot be started'));
    child.once('exit', (code, signal) => {
      this.#running.delete(child);
      if (this.#stopping) return;
      const nextPause = performance.now() - startedAt > LONGEST_PAUSE_MS ? FIRST_PAUSE_MS : pause * 2;
      log.error({ pid: child.pid, code, signal, pause }, 'QC worker process ended; starting it again');
      const restart = setTimeout(() => {
        this.#restarts.delete(restart);
        this.#launch({ environment, ...options }, Math.min(nextPause, LONGEST_PAUSE_MS));
      }, pause);
      this.#restarts.add(restart);
    });
  }
}

/**
 * People wait for the API beside it. Now, because Linux sets the priority of one thread, which those it makes inherit:
 * before its first one, that is the whole process.
 */
function yieldToOthers(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already, or the platform forbids it: no reason not to work.
  }
}

async function stopChild(child: ChildProcess, hastened: AbortSignal): Promise<void> {
  const exited = once(child, 'exit');
  const kill = () => child.kill('SIGKILL');
  const deadline = setTimeout(kill, DRAIN_MS);
  child.kill('SIGTERM');
  if (hastened.aborted) kill();
  hastened.addEventListener('abort', kill);
  await exited;
  hastened.removeEventListener('abort', kill);
  clearTimeout(deadline);
}
