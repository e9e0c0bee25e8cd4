import {
  createTRPCClient,
  httpBatchLink,
  httpLink,
  isNonJsonSerializable,
  splitLink,
  type TRPCClient,
} from '@trpc/client';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import type { AppRouter } from '../src/router.js';

export type RouterInputs = inferRouterInputs<AppRouter>;
export type RouterOutputs = inferRouterOutputs<AppRouter>;
export type AssayClient = TRPCClient<AppRouter>;

export interface ClientOptions {
  /** Where the service answers, such as `http://localhost:8000`. */
  url: string;
  /** An access token, or what yields the one in force; unset for calls that need none, such as logging in. */
  token?: string | (() => string | undefined | Promise<string | undefined>);
}

/** The most calls the service takes in one HTTP request. */
const CALLS_PER_BATCH = 20;

/** Makes a client of all procedures. Calls of one moment travel together; forms with files travel alone. */
export function createClient({ url, token }: ClientOptions): AssayClient {
  const http = {
    url: `${url.replace(/\/+$/, '')}/trpc`,
    headers: async () => {
      const current = typeof token === 'function' ? await token() : token;
      return current === undefined ? {} : { Authorization: `Bearer ${current}` };
    },
  };
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ input }) => isNonJsonSerializable(input),
        true: httpLink(http),
        false: httpBatchLink({ ...http, maxItems: CALLS_PER_BATCH }),
      }),
    ],
  });
}
