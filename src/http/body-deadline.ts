import { hasBody } from './json-body.js';
import type { HttpMiddleware } from './request-state.js';

const DEADLINE_MS = 30_000;

/**
 * Cuts a call off whose body is not there in time. Files may take theirs; a text that trickles in holds a connection
 * for nothing.
 */
export const bodyDeadline =
  (milliseconds = DEADLINE_MS): HttpMiddleware =>
  (ctx, next) => {
    if (!hasBody(ctx) || ctx.is('multipart/form-data')) return next();
    const timer = setTimeout(() => ctx.req.destroy(), milliseconds);
    const arrived = () => clearTimeout(timer);
    ctx.req.once('end', arrived);
    ctx.res.once('close', arrived);
    return next();
  };
