import type { Services } from '../services.js';
import { packageVersion } from '../package-version.js';
import { liveWorkers, queueDepths } from '../queue/queue-state.js';
import { isRead } from './read-only.js';
import type { HttpMiddleware } from './request-state.js';
import { normalisePath } from './rest-routes.js';

const CHECK_TIMEOUT_MS = 2000;
/** Anyone may ask, as often as he likes: the checks are made once a second at most. */
const REMEMBERED_MS = 1000;

export interface HealthReport {
  /** `degraded`: it answers, but storage or workers are missing. `down`: without its database it can do nothing. */
  status: 'ok' | 'degraded' | 'down';
  version: string;
  database: 'ok' | 'unreachable';
  storage: 'ok' | 'unreachable';
  /** Null when the database does not say. */
  queue: { depth: number; failed: number } | null;
  workers: { processes: number; threads: number } | null;
}

type HealthServices = Pick<Services, 'db' | 'storage'>;

/**
 * - `/health` (also `/_health`, `/api/health`): a report for people; 503 only without database.
 * - `/livez`: this process answers.
 * - `/readyz`: send requests here; 503 without database and while draining.
 */
export function healthRoutes(services: HealthServices, draining?: AbortSignal): HttpMiddleware {
  const report = remembered(() => checkHealth(services));
  const health = async (): Promise<Answer> => {
    const found = await report();
    return [found.status !== 'down', found];
  };
  const answers: Record<string, () => Answer | Promise<Answer>> = {
    '/health': health,
    '/_health': health,
    '/livez': () => [true, { status: 'alive' }],
    '/readyz': async () => (draining?.aborted ? [false, { status: 'draining' }] : readiness((await report()).database)),
  };
  return async (ctx, next) => {
    const path = normalisePath(ctx.path);
    const answer = answers[path];
    if (!answer) return next();
    ctx.state.route = path;
    if (!isRead(ctx)) return undefined;
    ctx.set('Cache-Control', 'no-store');
    const [good, body] = await answer();
    ctx.status = good ? 200 : 503;
    ctx.body = body;
    return undefined;
  };
}

/** A body for a probe, and whether it should be content. */
type Answer = [good: boolean, body: object];

const readiness = (database: HealthReport['database']): Answer =>
  database === 'ok' ? [true, { status: 'ready' }] : [false, { status: 'database unreachable' }];

async function checkHealth({ db, storage }: HealthServices): Promise<HealthReport> {
  const [database, stored, queues, workers] = await Promise.all([
    settled(db.raw('select 1').then(() => true)),
    settled(storage.check().then(() => true)),
    settled(queueDepths(db)),
    settled(liveWorkers(db)),
  ]);
  const healthy = stored !== null && queues !== null && workers !== null && workers.length > 0;
  return {
    status: database === null ? 'down' : healthy ? 'ok' : 'degraded',
    version: packageVersion,
    database: database === null ? 'unreachable' : 'ok',
    storage: stored === null ? 'unreachable' : 'ok',
    queue: queues && { depth: sum(queues.map(({ depth }) => depth)), failed: sum(queues.map(({ failed }) => failed)) },
    workers: workers && { processes: workers.length, threads: sum(workers.map(({ threads }) => threads)) },
  };
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

/** What a check found; null when it failed or took too long. */
async function settled<T>(check: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([check, late]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

function remembered<T>(compute: () => Promise<T>): () => Promise<T> {
  let latest: { at: number; value: Promise<T> } | undefined;
  return () => {
    const now = performance.now();
    if (!latest || now - latest.at > REMEMBERED_MS) latest = { at: now, value: compute() };
    return latest.value;
  };
}
