import { once } from 'node:events';
import type { Logger } from 'pino';
import { type Config, ConfigError, loadConfig } from './config.js';
import { createLog } from './log.js';
import { Shutdown } from './shutdown.js';
import { StartupError } from './startup-error.js';
import { startTracing } from './tracing.js';

const CONFIG_FAULT = 78; // EX_CONFIG of sysexits.h
const HASTENED_MS = 5000;

/** What a process is given to live on. */
export interface ProcessLife {
  config: Config;
  log: Logger;
  shutdown: Shutdown;
  /**
   * Has `close` called at the end, the latest given first. Between one step of a start and the next this is also where
   * a stop asked for meanwhile takes effect.
   */
  atEnd: (close: (hastened: AbortSignal) => Promise<void>) => void;
  /** Ends the process in order, but as a failure. */
  fail: (reason: string) => void;
}

/**
 * The life of a process: reads the configuration, starts, waits until it is asked to stop, closes what was started in
 * reverse order, and exits: with 0 when asked to, 78 for a faulty configuration, otherwise 1.
 * @param options.closeWithinMs after which closing is given up and the process kills itself.
 * @param options.looksAtPictures whether it needs a detector.
 */
export async function runProcess(
  start: (life: ProcessLife) => Promise<void>,
  { closeWithinMs, looksAtPictures = false }: { closeWithinMs: number; looksAtPictures?: boolean },
): Promise<never> {
  const shutdown = new Shutdown();
  const closers: ((hastened: AbortSignal) => Promise<void>)[] = [];
  let exitCode = 0;
  let log: Logger | undefined;
  let stopTracing = () => Promise.resolve();

  shutdown.hastened.addEventListener('abort', () => killSelfAfter(HASTENED_MS));
  try {
    const config = loadConfig(process.env, { looksAtPictures });
    log = createLog(config.logLevel);
    stopTracing = await startTracing(config.otlpEndpoint, 'assay');
    const fail = (reason: string) => {
      log?.fatal(reason);
      exitCode = 1;
      shutdown.request();
    };
    const atEnd: ProcessLife['atEnd'] = (close) => {
      closers.unshift(close);
      shutdown.requested.throwIfAborted();
    };
    await start({ config, log, shutdown, atEnd, fail });
    if (!shutdown.requested.aborted) await once(shutdown.requested, 'abort');
  } catch (error) {
    if (error !== shutdown.requested.reason) exitCode = report(error, log);
  }

  killSelfAfter(closeWithinMs);
  for (const close of closers) {
    await close(shutdown.hastened).catch((error: unknown) => log?.error({ err: error }, 'closing failed'));
  }
  await stopTracing().catch((error: unknown) => log?.warn({ err: error }, 'traces not sent'));
  process.exit(exitCode);
}

/** Not by `process.exit`: a thread inside onnxruntime would make an abort with a core dump of it. */
function killSelfAfter(milliseconds: number): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), milliseconds).unref();
}

function report(error: unknown, log: Logger | undefined): number {
  if (error instanceof ConfigError) {
    process.stderr.write(`assay cannot start. In its environment variables:\n${error.message}\n`);
    return CONFIG_FAULT;
  }
  if (error instanceof StartupError) process.stderr.write(`assay cannot start: ${error.message}\n`);
  else log?.fatal({ err: error }, 'start failed');
  return 1;
}
