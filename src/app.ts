import { join } from 'node:path';
import type { AnyRouter } from '@trpc/server';
import Koa from 'koa';
import { accessLog } from './http/access-log.js';
import { compression } from './http/compression.js';
import { entityTag } from './http/entity-tag.js';
import { idempotency } from './http/idempotency.js';
import { bodyDeadline } from './http/body-deadline.js';
import { identifyActor, verifyToken } from './http/authentication.js';
import { consoleFiles } from './http/console-files.js';
import { crossOrigin } from './http/cross-origin.js';
import { docsPage } from './http/docs-page.js';
import { errorAnswers } from './http/error-answers.js';
import { logFault } from './http/fault-log.js';
import { exportRoute } from './http/export-route.js';
import { healthRoutes } from './http/health.js';
import { createMetrics } from './http/metrics.js';
import { openApiRoute } from './http/openapi.js';
import { boundCalls } from './http/overload.js';
import { pictureRoute } from './http/picture-route.js';
import { rateLimit } from './http/rate-limit.js';
import { requestId } from './http/request-id.js';
import type { RequestState } from './http/request-state.js';
import { restBridge } from './http/rest-bridge.js';
import { securityHeaders } from './http/security-headers.js';
import { storageRoutes } from './http/storage-routes.js';
import { traced } from './http/traced.js';
import { trpcMount } from './http/trpc-mount.js';
import { packageRoot } from './package-root.js';
import type { Services } from './services.js';

export interface AppOptions {
  /** Aborted when the process has begun to stop: `/readyz` then turns new work away. */
  draining?: AbortSignal;
  /** Calls under way at a time, beyond which more are refused. */
  mostCalls?: number;
}

/** The HTTP application. The order below is the way of every request: whoever answers ends it. */
export function createApp(
  services: Services,
  router: AnyRouter,
  { draining, mostCalls }: AppOptions = {},
): Koa<RequestState> {
  const { config, db, storage, callLimits, log } = services;
  // One proxy is trusted: it appends the address it saw, and whatever stands before is the caller's invention.
  const app = new Koa<RequestState>({ proxy: config.trustProxy, maxIpsCount: 1 });
  const metrics = createMetrics(db);

  app.use(requestId);
  app.use(traced);
  app.use(accessLog(log));
  app.use(metrics.observe);
  app.use(errorAnswers(log));
  app.use(compression);
  app.use(securityHeaders);
  app.use(crossOrigin(config.corsOrigins));

  // Not counted against the caller: probes, pictures on signed addresses, and the files of the console.
  app.use(healthRoutes({ db, storage }, draining));
  app.use(boundCalls(mostCalls));
  app.use(storageRoutes(services));
  app.use(pictureRoute(services));
  app.use(consoleFiles(join(packageRoot, 'dist', 'console'), services));
  app.use(exportRoute(services));

  app.use(rateLimit(callLimits));
  app.use(metrics.expose);
  app.use(openApiRoute(router, config.publicUrl));
  app.use(docsPage);

  app.use(bodyDeadline());
  app.use(verifyToken(config.jwtSecret));
  app.use(identifyActor(db));
  app.use(idempotency(services));
  app.use(entityTag);
  app.use(trpcMount(services, router));
  app.use(restBridge(services, router));
  app.use((ctx) => ctx.throw(404));

  app.on('error', (error: NodeJS.ErrnoException) => {
    // HPE_…: the parser's word for a client that hung up in mid-body.
    const clientLeft = /^(ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE|HPE_\w+)$/.test(error.code ?? '');
    if (!clientLeft) logFault(log, error, undefined);
  });
  return app;
}
