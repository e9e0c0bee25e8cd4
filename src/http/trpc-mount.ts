import { once } from 'node:events';
import {
  callTRPCProcedure,
  getTRPCErrorFromUnknown,
  getTRPCErrorShape,
  type AnyRouter,
  type AnyTRPCRootTypes,
  type TRPCRootConfig,
} from '@trpc/server';
import { nodeHTTPRequestHandler } from '@trpc/server/adapters/node-http';
import type { Context } from '../trpc/context.js';
import type { Services } from '../services.js';
import { describeError } from '../trpc/error-formatter.js';
import type { RestMeta } from '../trpc/init.js';
import { collectAnswer } from './collected-answer.js';
import { compressFor } from './compression.js';
import { errorHeaders } from './error-answers.js';
import { logFault } from './fault-log.js';
import { MAX_JSON_BYTES } from './json-body.js';
import { openMultipart } from './multipart-call.js';
import { procedureContext } from './procedure-context.js';
import type { HttpContext, HttpMiddleware } from './request-state.js';

export const TRPC_MOUNT = '/trpc/';
const METHODS = ['GET', 'HEAD', 'POST'];
const MAX_BATCH = 20;

/** Native tRPC: `@trpc/client` with any of its links, streaming ones included. */
export function trpcMount(services: Services, router: AnyRouter): HttpMiddleware {
  return async (ctx, next) => {
    if (!ctx.path.startsWith(TRPC_MOUNT)) return next();
    if (!METHODS.includes(ctx.method)) {
      ctx.state.route = TRPC_MOUNT;
      ctx.set('Allow', METHODS.join(', '));
      ctx.throw(405);
    }
    const path = ctx.path.slice(TRPC_MOUNT.length);
    const meta = procedureMeta(router, path);
    ctx.state.route = meta ? TRPC_MOUNT + path : TRPC_MOUNT;
    ctx.set('Cache-Control', 'no-store');
    if (meta?.multipart && ctx.method === 'POST') return answerForm(ctx, services, router, path);
    return answerNatively(ctx, services, router, path);
  };
}

function procedureMeta(router: AnyRouter, path: string): RestMeta | undefined {
  const procedures = router._def.procedures as Record<string, { _def: { meta?: RestMeta } }>;
  return procedures[path] && (procedures[path]._def.meta ?? {});
}

async function answerNatively(ctx: HttpContext, services: Services, router: AnyRouter, path: string): Promise<void> {
  ctx.respond = false;
  // Koa begins with 404, and the handler would take that for a status somebody has set.
  ctx.res.statusCode = 200;
  const left = once(ctx.res, 'close');
  const context = procedureContext(ctx, services, { rest: false });
  if (ctx.method === 'GET') collectAnswer(ctx.res, (body) => compressFor(ctx, body));
  const answered = nodeHTTPRequestHandler({
    router: nameFaults(router, context),
    req: ctx.req,
    res: ctx.res,
    path,
    createContext: () => Promise.resolve(context),
    maxBodySize: MAX_JSON_BYTES,
    maxBatchSize: MAX_BATCH,
    responseMeta: ({ data, errors, info }) => {
      if (errors.length === 0) ctx.state.untold = () => JSON.stringify(info?.isBatchCall ? data : data[0]);
      const headers = headersOf(errors, context);
      // tRPC names the type of its answer only once it has understood the call.
      if (!info) headers.set('Content-Type', 'application/json');
      return { headers };
    },
    onError: ({ error }) => logFault(services.log, error, context.requestId),
  });
  // The handler waits for the last byte to leave, for ever when the client does first.
  await Promise.race([answered, left]);
}

/**
 * Files from a typed client's FormData. tRPC would hold the whole form in memory, so it is streamed past it to the
 * procedure, and answered in tRPC's own envelope.
 */
async function answerForm(ctx: HttpContext, services: Services, router: AnyRouter, path: string): Promise<void> {
  const form = openMultipart(ctx, services);
  const context = procedureContext(ctx, services, { rest: false, receiveFiles: form.receiveFiles });
  try {
    const data: unknown = await callTRPCProcedure({
      router,
      path,
      type: 'mutation',
      ctx: context,
      signal: context.signal,
      batchIndex: 0,
      getRawInput: () => form.fields(),
    });
    ctx.body = { result: { data } };
  } catch (cause) {
    const error = getTRPCErrorFromUnknown(cause);
    logFault(services.log, error, context.requestId);
    const config = router._def._config as TRPCRootConfig<AnyTRPCRootTypes>;
    const described = describeError(error, context.requestId);
    ctx.status = described.status;
    ctx.set(errorHeaders(described));
    const call = { type: 'mutation', path, input: undefined, ctx: context } as const;
    const shape: unknown = getTRPCErrorShape({ config, error, ...call });
    ctx.body = { error: shape };
  } finally {
    form.close();
  }
}

/** Faults that tRPC finds before it asks for a context know no request; they are to bear its id all the same. */
function nameFaults(router: AnyRouter, context: Context): AnyRouter {
  const config = router._def._config as TRPCRootConfig<AnyTRPCRootTypes>;
  const errorFormatter: typeof config.errorFormatter = (fault) =>
    config.errorFormatter({ ...fault, ctx: (fault.ctx as Context | undefined) ?? context }) as unknown;
  return { ...router, _def: { ...router._def, _config: { ...config, errorFormatter } } };
}

/** Of a batch, the first error that has something to say. */
function headersOf(errors: readonly Error[], { requestId }: Context): Headers {
  const all = errors.map((error) => errorHeaders(describeError(error, requestId)));
  return new Headers(all.find((headers) => Object.keys(headers).length > 0));
}
