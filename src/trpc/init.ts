import { initTRPC } from '@trpc/server';
import type { OpenApiMeta } from 'trpc-to-openapi';
import type { Context } from './context.js';
import '../input-faults.js';
import { formatError } from './error-formatter.js';

/** What a procedure says of its REST face beside what `trpc-to-openapi` knows. */
export interface RestMeta extends OpenApiMeta {
  /** Further paths that answer the same: the contracts name some operations more than once. */
  aliases?: { method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'; path: `/${string}` }[];
  /** Of the REST answer; 200 unless given. */
  successStatus?: 200 | 201;
  /** The call is `multipart/form-data` with files under these field names, the first being the documented one. */
  multipart?: { fields: readonly [string, ...string[]] };
  /** Of a call that changes something: the inputs that may stand in the query. The others stand in path or body alone. */
  query?: readonly string[];
  /** Of a subscription: the `event` its values are sent as, Server-Sent Events (`text/event-stream`). */
  eventName?: string;
  /** A list paged by `limit` and `cursor`, with `X-Total-Count` and `Link` headers. */
  paged?: boolean;
}

export const t = initTRPC
  .context<Context>()
  .meta<RestMeta>()
  .create({
    errorFormatter: formatError,
    // Well below the half minute after which proxies give a silent connection up.
    sse: { ping: { enabled: true, intervalMs: 5000 }, client: { reconnectAfterInactivityMs: 20_000 } },
  });
