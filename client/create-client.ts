import {
  createTRPCClient,
  getUntypedClient,
  httpBatchLink,
  httpLink,
  httpSubscriptionLink,
  isNonJsonSerializable,
  type Operation,
  splitLink,
  type TRPCClient,
  type TRPCLink,
} from '@trpc/client';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import type { AppRouter } from '../src/router.js';
import { FetchEventSource } from './event-source.js';
import { type CallContext, perseveringLink } from './persevering-link.js';
import { plainFetch } from './retry.js';
import { fetchReporting } from './send-with-progress.js';
import { type Credentials, Session, type SessionTokens } from './session.js';
import { type QcStatus, watchQc, type WatchOptions } from './watch-qc.js';

export type RouterInputs = inferRouterInputs<AppRouter>;
export type RouterOutputs = inferRouterOutputs<AppRouter>;

interface Watching {
  qc: {
    /**
     * How quality control of a request goes: its status now, and at each change, until the run has ended.
     * @throws {TRPCClientError} where the request is not there, or not the caller's to see.
     */
    watch: (requestId: string, options?: WatchOptions) => AsyncGenerator<QcStatus, void, undefined>;
  };
}

/** All procedures, and what is made of several. */
export type AssayClient = TRPCClient<AppRouter> & Watching;

export interface ClientOptions {
  /** Where the service answers, such as `http://localhost:8000`. */
  url: string;
  /**
   * A personal access token, an access token that somebody else renews, or what yields the one in force; unset for calls
   * that need none, such as logging in.
   */
  token?: string | (() => string | undefined | Promise<string | undefined>) | undefined;
  /**
   * Instead of a token: a name and a password, the tokens of a login, or the place where they lie for several tabs or
   * processes. The access token is renewed whenever it has to be.
   */
  credentials?: Credentials | undefined;
  /** Told of each new pair of tokens, and of null when the session has ended. */
  onTokens?: ((tokens: SessionTokens | null) => void) | undefined;
  /** Default: the runtime's own. */
  fetch?: typeof fetch | undefined;
}

/** The most calls the service takes in one HTTP request. */
const CALLS_PER_BATCH = 20;

/**
 * Makes a client of all procedures. Queries of one moment travel together. Calls that met a busy service or no connection
 * are made again; a change bears a key by which the service carries it out once.
 */
export function createClient({ token, credentials, onTokens, ...options }: ClientOptions): AssayClient {
  const url = `${options.url.replace(/\/+$/, '')}/trpc`;
  const rawFetch: typeof fetch = options.fetch ?? ((input, init) => fetch(input, init));
  const fetchIt = plainFetch(rawFetch);
  const session = credentials ? new Session({ url, credentials, onTokens, fetch: fetchIt }) : null;
  const given = async () => (typeof token === 'function' ? await token() : token);

  const headersOf = async (contexts: readonly CallContext[]): Promise<Record<string, string>> => {
    const current = session ? contexts.find((context) => context.token)?.token : await given();
    const key = contexts[0]?.idempotencyKey;
    return {
      ...(current !== undefined && { Authorization: `Bearer ${current}` }),
      ...(key !== undefined && { 'Idempotency-Key': key }),
    };
  };
  const eventSourceOptions = ({ op }: { op: Operation }) => ({
    fetch: async (address: string, init: RequestInit) => {
      const headers = new Headers(init.headers);
      for (const [name, value] of Object.entries(await headersOf([op.context as CallContext])))
        headers.set(name, value);
      return fetchIt(address, { ...init, headers });
    },
  });
  const oneByOne: TRPCLink<AppRouter> = (runtime) => (call) => {
    const context = call.op.context as CallContext;
    const send = context.onSent ? plainFetch(fetchReporting(context.onSent, rawFetch)) : fetchIt;
    return httpLink({ url, fetch: send, headers: () => headersOf([context]) })(runtime)(call);
  };
  const trpc = createTRPCClient<AppRouter>({
    links: [
      perseveringLink(session, { signsIn: session !== null || token !== undefined }),
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: httpSubscriptionLink({
          url,
          EventSource: FetchEventSource,
          eventSourceOptions,
        }),
        false: splitLink({
          // A key is of one HTTP request.
          condition: ({ input, context }) =>
            isNonJsonSerializable(input) || (context as CallContext).idempotencyKey !== undefined,
          true: oneByOne,
          false: httpBatchLink({
            url,
            fetch: fetchIt,
            maxItems: CALLS_PER_BATCH,
            headers: ({ opList }) => headersOf(opList.map(({ context }) => context as CallContext)),
          }),
        }),
      }),
    ],
  });
  return withWatching(trpc);
}

function withWatching(trpc: TRPCClient<AppRouter>): AssayClient {
  const watch: Watching['qc']['watch'] = (requestId, options) =>
    watchQc(trpc, getUntypedClient(trpc), requestId, options);
  const qc = new Proxy(trpc.qc, {
    get: (target, key) => (key === 'watch' ? watch : (Reflect.get(target, key) as unknown)),
  });
  return new Proxy(trpc, {
    get: (target, key) => (key === 'qc' ? qc : (Reflect.get(target, key) as unknown)),
  }) as AssayClient;
}
