import { STATUS_CODES } from 'node:http';
import type { Logger } from 'pino';
import { describeError, type DescribedError } from '../trpc/error-formatter.js';
import { logFault } from './fault-log.js';
import { hasBody } from './json-body.js';
import type { HttpContext, HttpMiddleware } from './request-state.js';
import { drainUnreadBody } from './request-body.js';

/** Answers whatever is thrown further in with the one error shape. */
export const errorAnswers =
  (log: Logger): HttpMiddleware =>
  async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const described = describeError(error, ctx.state.requestId);
      logFault(log, error, ctx.state.requestId);
      if (ctx.headerSent) {
        ctx.res.destroy();
        return;
      }
      if (hasBody(ctx)) drainUnreadBody(ctx.req);
      ctx.set(errorHeaders(described));
      ctx.set('Cache-Control', 'no-store');
      ctx.status = described.status;
      ctx.vary('Accept');
      if (/\bapplication\/problem\+json\b/i.test(ctx.get('Accept'))) answerProblem(ctx, described);
      else ctx.body = described.body;
    }
  };

/** RFC 9457, for whoever names it in `Accept`: the one error shape with that standard's members beside its own. */
function answerProblem(ctx: HttpContext, { status, body }: DescribedError): void {
  const { message, ...members } = body;
  ctx.body = JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? message, status, ...members });
  ctx.type = 'application/problem+json';
}

/** What the status of an error obliges to say in headers (RFC 9110). */
export function errorHeaders({ status, retryAfter }: DescribedError): Record<string, string> {
  return {
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
    ...(retryAfter !== undefined && { 'Retry-After': String(Math.ceil(retryAfter)) }),
  };
}
