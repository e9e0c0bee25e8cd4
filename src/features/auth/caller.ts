import type { Actor } from './actor.js';

/** Where a call comes from. Null: there is none, as for an operator at the command line. */
export interface Origin {
  requestId: string | null;
  ip: string | null;
  userAgent: string | null;
}

/** Who does something, and from where. A signed-in procedure's context is one. */
export interface Caller extends Origin {
  actor: Actor;
}
