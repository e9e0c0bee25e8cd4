import helmet from 'koa-helmet';
import { DOCS_PATH } from './docs-page.js';
import type { HttpMiddleware } from './request-state.js';
import { normalisePath } from './rest-routes.js';

/** HSTS and `upgrade-insecure-requests` would lock out plain HTTP on a local network: the proxy that ends TLS adds them. */
export const sharedHeaders = {
  strictTransportSecurity: false,
  // Pictures are shown by pages of other origins.
  crossOriginResourcePolicy: { policy: 'cross-origin' },
} as const;

/** What is answered is data: a browser that is led to render it runs and loads nothing. */
const forData = helmet({
  ...sharedHeaders,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
  },
});

/** The docs page runs local files and calls this service, and no other. */
const forDocs = helmet({
  ...sharedHeaders,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'", "'unsafe-inline'"],
      'img-src': ["'self'", 'data:', 'blob:'],
      'connect-src': ["'self'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
    },
  },
});

export const securityHeaders: HttpMiddleware = async (ctx, next) => {
  await (normalisePath(ctx.path).startsWith(DOCS_PATH) ? forDocs : forData)(ctx, next);
};
