import { Readable } from 'node:stream';
import { isTrackedEnvelope } from '@trpc/server';
import type { Logger } from 'pino';
import { DomainError } from '../errors.js';
import { logFault } from './fault-log.js';
import type { HttpContext } from './request-state.js';

/** Proxies and browsers give a silent connection up after half a minute or so. */
const HEARTBEAT_MS = 5000;
/** How long a stream may take to find that it has nothing to say: longer, and it is answered as one that goes on. */
const FIRST_EVENT_MS = 300;
const RETRY_MS = 2000;

/**
 * Answers with Server-Sent Events (HTML Living Standard, section 9.2): each value an event under `name`, tracked ones
 * with their id, comments in between while there is nothing to tell. A stream that ends before its first value is a 204,
 * by which an EventSource knows that it need not come again. Values are drawn as fast as the client reads.
 */
export async function answerEventStream(
  ctx: HttpContext,
  values: AsyncIterable<unknown>,
  { name, log }: { name: string; log: Logger },
): Promise<void> {
  ctx.set({ 'Cache-Control': 'no-cache, no-transform', 'X-Accel-Buffering': 'no' });
  const iterator = values[Symbol.asyncIterator]();
  if (ctx.method === 'HEAD') {
    await iterator.return?.();
    ctx.status = 200;
    ctx.type = 'text/event-stream';
    return;
  }
  const first = iterator.next();
  const found = await within(FIRST_EVENT_MS, first).catch(refuseWhenStopping);
  if (found?.done) {
    ctx.status = 204;
    return;
  }
  ctx.status = 200;
  ctx.type = 'text/event-stream';
  ctx.body = Readable.from(
    write(iterator, first, { name, fail: (error) => logFault(log, error, ctx.state.requestId) }),
    {
      objectMode: false,
      highWaterMark: 1,
    },
  );
}

async function* write(
  iterator: AsyncIterator<unknown>,
  first: Promise<IteratorResult<unknown>>,
  { name, fail }: { name: string; fail: (error: unknown) => void },
): AsyncGenerator<string, void> {
  try {
    yield `retry: ${RETRY_MS}\n\n`;
    let next = first;
    for (;;) {
      const found = await within(HEARTBEAT_MS, next);
      if (found?.done) return;
      if (found) {
        yield eventText(name, found.value);
        next = iterator.next();
      } else {
        yield ':\n\n';
      }
    }
  } catch (error) {
    // The status is out. Whoever comes again, as an EventSource does, is told what the matter is.
    if (!isAbort(error)) fail(error);
  } finally {
    void iterator.return?.().catch(() => undefined);
  }
}

const isAbort = (error: unknown) => (error as Error | null)?.name === 'AbortError';

function refuseWhenStopping(error: unknown): never {
  throw isAbort(error) ? new DomainError('unavailable', 'The service is restarting. Try again.', undefined, 2) : error;
}

function eventText(name: string, value: unknown): string {
  const [id, data] = isTrackedEnvelope(value) ? [value[0], value[1]] : [undefined, value];
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Undefined when it takes longer; it is not given up thereby. */
async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
