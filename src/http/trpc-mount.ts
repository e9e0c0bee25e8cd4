import { once } from 'node:events';
import {
  callTRPCProcedure,
  getTRPCErrorFromUnknown,
  getTRPCErrorShape,
  TRPCError,
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
/** tRPC's word for a batch of more. */
const BATCH_TOO_LONG = 'Batch call exceeds maximum size';
const batchTooLong = new TRPCError({
  code: 'BAD_REQUEST',
  message: `Send at most ${MAX_BATCH} calls in a batch (\`maxItems\` of tRPC’s batch links).`,
});

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
    const procedure = procedureAt(router, path);
    ctx.state.route = procedure ? TRPC_MOUNT + path : TRPC_MOUNT;
    ctx.set('Cache-Control', 'no-store');
    if (procedure?.meta?.multipart && ctx.method === 'POST') return answerForm(ctx, { services, router, path });
    if (procedure?.type === 'query' && isPlainRead(ctx)) return answerRead(ctx, { services, router, path });
    return answerNatively(ctx, { services, router, path });
  };
}

interface Call {
  services: Services;
  router: AnyRouter;
  /** Of the procedure. */
  path: string;
}

function procedureAt(router: AnyRouter, path: string): { type: string; meta?: RestMeta } | undefined {
  const procedures = router._def.procedures as Record<string, { _def: { type: string; meta?: RestMeta } }>;
  return procedures[path]?._def;
}

/** Not one whose answer is to be streamed. */
const isPlainRead = (ctx: HttpContext) =>
  ctx.method === 'GET' && !`${ctx.get('trpc-accept')},${ctx.get('Accept')}`.includes('application/jsonl');

async function answerNatively(ctx: HttpContext, { services, router, path }: Call): Promise<void> {
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
async function answerForm(ctx: HttpContext, call: Call): Promise<void> {
  const form = openMultipart(ctx, call.services);
  const context = procedureContext(ctx, call.services, { rest: false, receiveFiles: form.receiveFiles });
  try {
    ctx.body = await envelope(ctx, call, { type: 'mutation', context, getRawInput: () => form.fields() });
  } finally {
    form.close();
  }
}

/**
 * A read of one procedure, which most calls are, alone or as a batch of one. tRPC's handler would make a `Request`, a
 * `Response` and three streams of it, at half the price of the whole call.
 */
async function answerRead(ctx: HttpContext, call: Call): Promise<void> {
  const query = new URLSearchParams(ctx.search);
  const isBatch = query.get('batch') === '1';
  const getRawInput = () => Promise.resolve(isBatch ? parseBatch(query.get('input')) : parseInput(query.get('input')));
  const context = procedureContext(ctx, call.services, { rest: false });
  const answer = await envelope(ctx, call, { type: 'query', context, getRawInput });
  ctx.vary('trpc-accept, Accept');
  ctx.type = 'application/json';
  ctx.body = JSON.stringify(isBatch ? [answer] : answer);
}

function parseInput(text: string | null): unknown {
  if (!text) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new TRPCError({ code: 'BAD_REQUEST', cause });
  }
}

/** Inputs by the number of their call; here there is the first one only. */
function parseBatch(text: string | null): unknown {
  const inputs = parseInput(text) ?? {};
  if (typeof inputs === 'object' && !Array.isArray(inputs)) return (inputs as { 0?: unknown })[0];
  throw new TRPCError({ code: 'BAD_REQUEST', message: '"input" needs to be an object when doing a batch call' });
}

/** What a procedure says, or what it throws, as tRPC puts it; the status and headers of the answer are set. */
async function envelope(
  ctx: HttpContext,
  { services, router, path }: Call,
  call: { type: 'query' | 'mutation'; context: Context; getRawInput: () => Promise<unknown> },
): Promise<object> {
  const { type, context, getRawInput } = call;
  const { signal } = context;
  try {
    const data: unknown = await callTRPCProcedure({
      router,
      path,
      type,
      ctx: context,
      signal,
      batchIndex: 0,
      getRawInput,
    });
    return { result: { data } };
  } catch (cause) {
    const error = getTRPCErrorFromUnknown(cause);
    logFault(services.log, error, context.requestId);
    const config = router._def._config as TRPCRootConfig<AnyTRPCRootTypes>;
    const described = describeError(error, context.requestId);
    ctx.status = described.status;
    ctx.set(errorHeaders(described));
    const shape: unknown = getTRPCErrorShape({ config, error, type, path, input: undefined, ctx: context });
    return { error: shape };
  }
}

/**
 * Faults that tRPC finds before it asks for a context know no request; they are to bear its id all the same, and to say
 * what to do.
 */
function nameFaults(router: AnyRouter, context: Context): AnyRouter {
  const config = router._def._config as TRPCRootConfig<AnyTRPCRootTypes>;
  const errorFormatter: typeof config.errorFormatter = ({ error, ...fault }) =>
    config.errorFormatter({
      ...fault,
      error: error.message === BATCH_TOO_LONG ? batchTooLong : error,
      ctx: (fault.ctx as Context | undefined) ?? context,
    }) as unknown;
  return { ...router, _def: { ...router._def, _config: { ...config, errorFormatter } } };
}

/** Of a batch, the first error that has something to say. */
function headersOf(errors: readonly Error[], { requestId }: Context): Headers {
  const all = errors.map((error) => errorHeaders(describeError(error, requestId)));
  return new Headers(all.find((headers) => Object.keys(headers).length > 0));
}
