import type { IncomingMessage } from 'node:http';
import { DomainError } from '../errors.js';

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_MS = 5_000;

/**
 * Call it when an answer goes out before the request was read: most clients read no answer until they have sent all.
 * So the rest is swallowed, up to 64 MiB or 5 seconds; then the connection is cut.
 */
export function drainUnreadBody(request: IncomingMessage): void {
  if (request.readableEnded || request.destroyed) return;
  // A parser that gave up takes no more, and would hold the rest back for ever.
  request.unpipe();
  const cut = () => request.destroy();
  const timer = setTimeout(cut, MAX_MS);
  let left = MAX_BYTES;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) cut();
  });
  request.once('close', () => clearTimeout(timer));
  request.on('error', () => clearTimeout(timer));
  request.resume();
}

/** The client went away before it had sent everything. */
export const isAborted = (request: IncomingMessage) => request.destroyed && !request.complete;

export const uploadAborted = () =>
  new DomainError('invalid', 'The connection was closed before the upload was complete.');

/** `Content-Length`, which Node has checked to be digits; undefined for a chunked body. Koa's own reading overflows at 2 GiB. */
export function announcedBytes(request: IncomingMessage): number | undefined {
  const length = request.headers['content-length'];
  return length === undefined ? undefined : Number(length);
}
