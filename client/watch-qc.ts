import type { TRPCClient, TRPCUntypedClient } from '@trpc/client';
import type { inferRouterOutputs } from '@trpc/server';
import type { AppRouter } from '../src/router.js';
import { pause, statusOf } from './retry.js';

/** What `qc.status` gives. */
export type QcStatus = inferRouterOutputs<AppRouter>['qc']['status'];

export interface WatchOptions {
  signal?: AbortSignal | undefined;
  /** Milliseconds between two looks at a service that does not tell of its own accord. Default 1000. */
  pollEvery?: number | undefined;
}

/** A new connection after one that broke: so long at first, twice as long each time. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

const isOver = ({ status }: QcStatus) => !['queued', 'running'].includes(status);

/**
 * Yields the status of a request's newest run whenever it changes, and ends after that of an ended run (or of none).
 * It follows the service's events, takes them up where a broken connection left off, and asks again and again where a
 * service has no such events. Ends without a fault when it is aborted.
 */
export async function* watchQc(
  client: TRPCClient<AppRouter>,
  untyped: TRPCUntypedClient<AppRouter>,
  requestId: string,
  { signal, pollEvery = 1000 }: WatchOptions = {},
): AsyncGenerator<QcStatus, void, undefined> {
  let lastEventId: string | undefined;
  let failures = 0;
  while (!signal?.aborted) {
    try {
      for await (const { id, status } of subscribe(untyped, { request_id: requestId, lastEventId }, signal)) {
        [lastEventId, failures] = [id ?? lastEventId, 0];
        yield status;
        if (isOver(status)) return;
      }
      if (signal?.aborted) return;
    } catch (error) {
      if (signal?.aborted) return;
      const http = statusOf(error) ?? 0;
      if (http === 404 || http === 405) break;
      if (http >= 400 && http < 500 && http !== 429) throw error;
    }
    await pause(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++), signal).catch(() => undefined);
  }
  yield* poll(client, requestId, { signal, pollEvery });
}

async function* poll(
  client: TRPCClient<AppRouter>,
  requestId: string,
  { signal, pollEvery }: { signal: AbortSignal | undefined; pollEvery: number },
): AsyncGenerator<QcStatus, void, undefined> {
  let last = '';
  while (!signal?.aborted) {
    // A request that is not there gives its 404 here.
    const status = await client.qc.status.query({ request_id: requestId }, { signal });
    const text = JSON.stringify(status);
    if (text !== last) yield status;
    if (isOver(status)) return;
    last = text;
    await pause(pollEvery, signal).catch(() => undefined);
  }
}

interface Told {
  id: string | undefined;
  status: QcStatus;
}

/** The events of one connection. @throws what broke it. */
async function* subscribe(
  untyped: TRPCUntypedClient<AppRouter>,
  input: { request_id: string; lastEventId: string | undefined },
  signal: AbortSignal | undefined,
): AsyncGenerator<Told> {
  let leave = (): void => undefined;
  const stream = new ReadableStream<Told>({
    start: (controller) => {
      let isOpen = true;
      const end = (action: () => void) => {
        if (isOpen) action();
        isOpen = false;
      };
      const subscription = untyped.subscription('qc.events', input, {
        onData: (data) => controller.enqueue(asTold(data)),
        onError: (error) => end(() => controller.error(error)),
        onComplete: () => end(() => controller.close()),
      });
      leave = () => {
        end(() => controller.close());
        subscription.unsubscribe();
      };
    },
  });
  signal?.addEventListener('abort', leave, { once: true });
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    signal?.removeEventListener('abort', leave);
    leave();
  }
}

/** A tracked event is an envelope with an id. */
function asTold(data: unknown): Told {
  const { id, data: status } = data as { id?: string; data?: QcStatus };
  return status === undefined ? { id: undefined, status: data as QcStatus } : { id, status };
}
