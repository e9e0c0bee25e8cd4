import Router from '@koa/router';
import { callTRPCProcedure, type AnyRouter } from '@trpc/server';
import type { Services } from '../services.js';
import { answerEventStream } from './event-stream.js';
import { readJsonBody } from './json-body.js';
import { openMultipart } from './multipart-call.js';
import { procedureContext } from './procedure-context.js';
import type { HttpContext, HttpMiddleware, RequestState } from './request-state.js';
import { listInputs, mergeInputs, queryInput } from './rest-input.js';
import { normalisePath, restRoutes, type RestRoute } from './rest-routes.js';

/**
 * Serves every procedure with `meta.openapi` as REST. Path, query and body become the input (path wins over body, body
 * over query) and the procedure is called as tRPC itself calls it, so that both faces share checks, context and errors.
 */
export function restBridge(services: Services, router: AnyRouter): HttpMiddleware {
  const rest = new Router<RequestState>({ sensitive: true });
  /** By method and path: those without parameters, lists above all, are found without trying one pattern after another. */
  const fixed = new Map<string, Omit<RestCall, 'pathInput'>>();
  for (const route of restRoutes(router)) {
    const path = route.template.replaceAll(/\{(.+?)\}/g, ':$1');
    const call = { services, router, route, lists: listInputs(route) };
    if (path === route.template) fixed.set(`${route.method} ${path}`, call);
    rest.register(path, [route.method], (ctx) => answer(ctx, { ...call, pathInput: ctx.params }));
  }
  const dispatch = rest.routes();
  return async (ctx, next) => {
    const path = normalisePath(ctx.path);
    const call = fixed.get(`${ctx.method} ${path}`);
    if (call) {
      await answer(ctx, { ...call, pathInput: {} });
      return;
    }
    // The router matches by what it would set itself were it mounted: `newRouterPath` is read before the address, and so
    // stands for it without `/api` and the slash. What a match finds, `refuseMethod` reads from `matched`.
    const routed = Object.assign(ctx, { newRouterPath: path, params: {}, router: rest });
    await dispatch(routed, () => refuseMethod(routed, next));
  };
}

interface RestCall {
  services: Services;
  router: AnyRouter;
  route: RestRoute;
  lists: ReadonlySet<string>;
  pathInput: Record<string, string>;
}

async function answer(ctx: HttpContext, { services, router, route, lists, pathInput }: RestCall): Promise<void> {
  ctx.state.route = route.template;
  const { multipart } = route.meta;
  const form = multipart && openMultipart(ctx, services);
  const context = procedureContext(ctx, services, { rest: true, ...(form && { receiveFiles: form.receiveFiles }) });
  try {
    const output: unknown = await callTRPCProcedure({
      router,
      path: route.procedure,
      type: route.type,
      ctx: context,
      signal: context.signal,
      batchIndex: 0,
      // Asked for after the procedure has checked who calls: a stranger's body is never read.
      getRawInput: async () => {
        const body = await (form ? form.fields() : readJsonBody(ctx));
        return mergeInputs(queryOf(ctx.search, route, lists), lastEventOf(ctx, route), body, pathInput);
      },
    });
    if (route.type === 'subscription') {
      const { eventName: name = 'message' } = route.meta;
      await answerEventStream(ctx, output as AsyncIterable<unknown>, { name, log: services.log });
      return;
    }
    ctx.set('Cache-Control', 'no-store');
    if (output === undefined) {
      ctx.status = 204;
    } else {
      ctx.status = route.meta.successStatus ?? 200;
      ctx.type = 'application/json';
      ctx.body = JSON.stringify(output);
    }
  } finally {
    form?.close();
  }
}

/**
 * What the query says. A call that changes something takes only the inputs it names from there: any web page can make a
 * browser send such a call without a body, and addresses end up in logs.
 */
function queryOf(search: string, { type, meta }: RestRoute, lists: ReadonlySet<string>): Record<string, unknown> {
  const input = queryInput(search, lists);
  if (type !== 'mutation') return input;
  return mergeInputs(
    Object.fromEntries((meta.query ?? []).flatMap((name) => (name in input ? [[name, input[name]]] : []))),
  );
}

/** Under the name that tRPC gives it. */
function lastEventOf(ctx: HttpContext, { type }: RestRoute): object {
  const lastEventId = type === 'subscription' ? ctx.get('Last-Event-ID') : '';
  return lastEventId === '' ? {} : { lastEventId };
}

/** The address is there, the method is not. */
function refuseMethod(ctx: HttpContext & { matched?: { methods: string[] }[] }, next: () => Promise<unknown>) {
  const methods = new Set(ctx.matched?.flatMap((layer) => layer.methods));
  if (methods.size === 0) return next();
  ctx.set('Allow', [...methods, 'OPTIONS'].join(', '));
  if (ctx.method !== 'OPTIONS') ctx.throw(405);
  ctx.status = 204;
  return Promise.resolve();
}
