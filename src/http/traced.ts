import { withLogContext } from '../log-context.js';
import { inSpan } from '../tracing.js';
import type { HttpMiddleware } from './request-state.js';

/** Names the request in all that is logged for it, and makes it a span, of the caller's trace where he has one. */
export const traced: HttpMiddleware = (ctx, next) =>
  withLogContext({ request_id: ctx.state.requestId }, () =>
    inSpan(ctx.method, { kind: 'server', parent: ctx.get('traceparent') || undefined }, async (note) => {
      await next();
      note({
        name: `${ctx.method} ${ctx.state.route}`,
        attributes: {
          'http.request.method': ctx.method,
          'http.route': ctx.state.route,
          'http.response.status_code': ctx.respond === false ? ctx.res.statusCode : ctx.status,
          'assay.request_id': ctx.state.requestId,
        },
      });
    }),
  );
