import type { Logger } from 'pino';
import type { HttpMiddleware } from './request-state.js';

/** One line a request, written when its last byte has left or the client has. Queries stay out: they carry signatures. */
export const accessLog =
  (log: Logger): HttpMiddleware =>
  (ctx, next) => {
    const startedAt = performance.now();
    ctx.res.once('close', () => {
      log.info(
        {
          request_id: ctx.state.requestId,
          method: ctx.method,
          path: ctx.path.slice(0, 500),
          status: ctx.res.statusCode,
          ms: Math.round(performance.now() - startedAt),
          user_id: ctx.state.actor?.id,
          ...(!ctx.res.writableFinished && { aborted: true }),
        },
        'request',
      );
    });
    return next();
  };
