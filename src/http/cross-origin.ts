import cors from '@koa/cors';
import type { HttpMiddleware } from './request-state.js';

/** CORS for the configured origins and no other. Credentials are Bearer tokens: cookies are never allowed. */
export const crossOrigin = (origins: readonly string[]): HttpMiddleware =>
  cors({
    origin: (ctx) => (origins.includes(ctx.get('Origin')) ? ctx.get('Origin') : ''),
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: [
      'Authorization',
      'Content-Type',
      'X-CSRFToken',
      'X-Requested-With',
      'X-User-ID',
      'Idempotency-Key',
      'If-None-Match',
      'Last-Event-ID',
      'traceparent',
      'tracestate',
      'X-Request-Id',
    ],
    exposeHeaders: [
      'X-Total-Count',
      'Link',
      'X-Request-Id',
      'Retry-After',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'RateLimit-Policy',
      'ETag',
      'Idempotent-Replayed',
    ],
    maxAge: 600,
    keepHeadersOnError: false,
  });
