import type { ParameterizedContext } from 'koa';
import type { Actor } from '../features/auth/actor.js';
import type { Credential } from '../features/auth/credential.js';

/** What the middlewares find out about a request, one after the other. */
export interface RequestState {
  requestId: string;
  /** The template of the address, such as `GET`'s `/requests/{id}`: for metrics, so of few values. */
  route: string;
  /** What a valid token says; unset without one. */
  claims?: unknown;
  actor: Actor | null;
  credential: Credential | null;
  /** Of a native tRPC call that went well: its answer, should the caller not wait for it. */
  untold?: () => string;
}

export type HttpContext = ParameterizedContext<RequestState>;
export type HttpMiddleware = (ctx: HttpContext, next: () => Promise<unknown>) => unknown;
