import type { Knex } from 'knex';
import { QcRun } from '../../../models/qc-run.js';

const INTERVAL_MS = 500;

/** A signal that is aborted soon after somebody asks for the run's cancelling, or the run is gone. */
export function watchForCancel(db: Knex, runId: string): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const look = async () => {
    const run = await QcRun.query(db).findById(runId);
    if (!run || run.cancelRequested) controller.abort();
  };
  // A look that fails is no answer; the next one follows soon.
  const timer = setInterval(() => void look().catch(() => undefined), INTERVAL_MS);
  return { signal: controller.signal, stop: () => clearInterval(timer) };
}
