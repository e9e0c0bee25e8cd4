import { AsyncLocalStorage } from 'node:async_hooks';

/** What every log line of a piece of work bears. */
export interface LogContext {
  request_id?: string;
  job_id?: string;
  job?: string;
  run_id?: string;
}

const storage = new AsyncLocalStorage<LogContext>();

/** Adds to what log lines bear, for all that `work` does and starts. */
export const withLogContext = <T>(fields: LogContext, work: () => T): T =>
  storage.run({ ...storage.getStore(), ...fields }, work);

export const logContext = (): LogContext => storage.getStore() ?? {};
