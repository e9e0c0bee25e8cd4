import { TRPCClientError } from '@trpc/client';
import type { AppRouter } from '../src/router.js';

export interface RetryOptions {
  /** How often at most a call is made again. Default 4. */
  retries?: number | undefined;
  /** Milliseconds; a service that asks for more is not waited for. Default 60,000. */
  longestWait?: number | undefined;
  /** Whether making the call twice does no harm, so that one whose answer was lost may be made again. Default true. */
  repeatable?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** An answer that is not the service's own, such as a gateway's page. */
export class HttpFault extends Error {
  override name = 'HttpFault';
  readonly status: number;
  readonly retryAfter: string | null;

  constructor({ status, headers }: Pick<Response, 'status' | 'headers'>) {
    super(`The service cannot be reached: HTTP status ${status}.`);
    this.status = status;
    this.retryAfter = headers.get('Retry-After');
  }
}

/** JSON-RPC's code for whatever has none of its own. */
const INVALID_REQUEST = -32600;
const FIRST_WAIT_MS = 500;
/** The service counts calls by the minute. */
const LONGEST_WAIT_MS = 60_000;

/** Calls until it succeeds, or fails in a way that another try would not mend. */
export async function withRetries<T>(call: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await call();
    } catch (error) {
      const wait = waitBeforeRetry(error, failures, options);
      if (wait === null) throw error;
      await pause(wait, options.signal);
    }
  }
}

/**
 * How long to wait before a failed call is worth making again: for as long as the service says, else twice as long each
 * time. Calls that were refused are not; nor, where repeating does harm, are those that may have been carried out.
 * @param failures so many tries failed before this one.
 * @returns milliseconds, or null for never.
 */
export function waitBeforeRetry(
  error: unknown,
  failures: number,
  { retries = 4, longestWait = LONGEST_WAIT_MS, repeatable = true, signal }: RetryOptions = {},
): number | null {
  if (failures >= retries || signal?.aborted) return null;
  const status = statusOf(error);
  const asked = retryAfterOf(error);
  if (!isPassing(status, asked, repeatable)) return null;
  const wait = asked ?? FIRST_WAIT_MS * 2 ** failures * (0.75 + Math.random() / 2);
  return wait <= longestWait ? wait : null;
}

function isPassing(status: number | null, asked: number | null, repeatable: boolean): boolean {
  if (status === 429) return true;
  // The first try of the same call is still being made: it is not one that was refused.
  if (status === 409) return asked !== null;
  // Our 503 says that nothing was done; a gateway's may not know.
  if (status === 503) return repeatable || asked !== null;
  return repeatable && (status === null || status === 502 || status === 504);
}

/** The HTTP status of what a call threw; null where there was no answer, 0 where it is no matter of HTTP. */
export function statusOf(error: unknown): number | null {
  if (error instanceof HttpFault) return error.status;
  if (!(error instanceof TRPCClientError)) return isNetworkFault(error) ? null : 0;
  const { data, cause } = error as TRPCClientError<AppRouter>;
  if (data) return data.httpStatus;
  return cause === undefined ? 0 : statusOf(cause);
}

/** What `fetch` throws where there is no connection, or it broke; not when it was aborted. */
const isNetworkFault = (error: unknown) => error instanceof TypeError;

/** Milliseconds that the service asks to wait; null where it does not say. */
function retryAfterOf(error: unknown): number | null {
  if (error instanceof HttpFault) return parseRetryAfter(error.retryAfter);
  if (!(error instanceof TRPCClientError)) return null;
  const { response } = (error.meta ?? {}) as { response?: Response };
  return response ? parseRetryAfter(response.headers.get('Retry-After')) : retryAfterOf(error.cause);
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function parseRetryAfter(text: string | null): number | null {
  if (!text) return null;
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(milliseconds) ? null : Math.max(0, milliseconds);
}

/** @throws the signal's reason. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const give = () => {
      clearTimeout(timer);
      reject(asError(signal?.reason));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', give);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', give, { once: true });
  });
}

const asError = (reason: unknown) => (reason instanceof Error ? reason : new Error(String(reason)));

/**
 * `fetch`, but what a gateway answers in place of the service is a fault that can be told from it, and what the service
 * says before it has looked at a call, such as that there are too many, is the error of that call.
 */
export const plainFetch =
  (fetchIt: typeof fetch): typeof fetch =>
  async (input, init) => {
    const response = await fetchIt(input, init);
    if (response.status < 400) return response;
    const type = response.headers.get('Content-Type') ?? '';
    if (/\bevent-stream\b/.test(type)) return response;
    if (!/\bjson\b/.test(type)) throw new HttpFault(response);
    const { status, headers } = response;
    const text = await response.text();
    return new Response(asEnvelope(text, status), { status, headers });
  };

/** The service's own error shape as tRPC tells errors; whatever else stays as it is. */
function asEnvelope(text: string, httpStatus: number): string {
  try {
    const body = JSON.parse(text) as unknown;
    if (typeof body !== 'object' || body === null || !('code' in body && 'message' in body)) return text;
    return JSON.stringify({ error: { message: body.message, code: INVALID_REQUEST, data: { ...body, httpStatus } } });
  } catch {
    return text;
  }
}
