import { isNonJsonSerializable, type Operation, TRPCClientError, type TRPCLink } from '@trpc/client';
import { observable, type Unsubscribable } from '@trpc/server/observable';
import type { AppRouter } from '../src/router.js';
import { pause, waitBeforeRetry } from './retry.js';
import { isSignedOut, type Session } from './session.js';

/** What a call's `context` may hold, and what the link adds to it. */
export interface CallContext {
  /** The access token that the call is made with. */
  token?: string | undefined;
  /** Whether a mutation may be made again, when its answer was lost, without the service knowing it again by a key. */
  repeatable?: boolean;
  /**
   * By which the service knows a mutation again for a day, so that it is carried out once however often it is made. One's
   * own outlives the process; else each mutation has one.
   */
  idempotencyKey?: string | undefined;
  retries?: number;
  longestWait?: number;
  onSent?: (bytes: number) => void;
}

/** These are about being signed in: none of them is made again because one is not. */
const SIGNING_IN = ['auth.login', 'auth.refresh'];
/** Whoever signs in sits before the screen, and is told at once why he cannot. */
const LONGEST_WAIT_TO_SIGN_IN_MS = 2000;

/**
 * Makes calls with the access token in force, again with a new one where that was refused, and again after a while
 * where the service was busy or out of reach.
 * @param signsIn whether calls are made in somebody's name: only his does the service know again by their keys.
 */
export const perseveringLink =
  (session: Session | null, { signsIn }: { signsIn: boolean }): TRPCLink<AppRouter> =>
  () =>
  ({ op, next }) =>
    observable((observer) => {
      const isSigningIn = SIGNING_IN.includes(op.path);
      const idempotencyKey = signsIn && !isSigningIn ? keyOf(op) : undefined;
      const {
        repeatable = op.type === 'query' || idempotencyKey !== undefined,
        retries,
        longestWait = isSigningIn ? LONGEST_WAIT_TO_SIGN_IN_MS : undefined,
      } = op.context as CallContext;
      const ended = new AbortController();
      let current: Unsubscribable | undefined;
      let failures = 0;
      let isRenewed = false;

      const attempt = async () => {
        let token: string | undefined;
        try {
          token = isSigningIn ? undefined : await session?.access();
        } catch (error) {
          // The call itself was not made.
          return recover(TRPCClientError.from(error as Error), undefined);
        }
        if (ended.signal.aborted) return;
        current = next({ ...op, context: { ...op.context, token, idempotencyKey } }).subscribe({
          next: (value) => observer.next(value),
          complete: () => observer.complete(),
          error: (error) => start(() => recover(error, token)),
        });
      };

      const recover = async (error: TRPCClientError<AppRouter>, token: string | undefined): Promise<void> => {
        if (session && token !== undefined && !isRenewed && isSignedOut(error)) {
          isRenewed = true;
          if ((await session.renew(token)) === undefined) throw error;
          return attempt();
        }
        const options = { repeatable, retries, longestWait, signal: op.signal ?? undefined };
        // Whoever subscribes knows better where to take it up.
        const wait = op.type === 'subscription' ? null : waitBeforeRetry(error, failures++, options);
        if (wait === null) throw error;
        await pause(wait, AbortSignal.any([ended.signal, ...(op.signal ? [op.signal] : [])]));
        return attempt();
      };

      const start = (step: () => Promise<void>) =>
        void step().catch((error: unknown) => {
          if (!ended.signal.aborted) observer.error(TRPCClientError.from(error as Error));
        });

      start(attempt);
      return () => {
        ended.abort();
        current?.unsubscribe();
      };
    });

/**
 * Forms have none, since a file that was sent before is known by its bytes; nor has what does no harm when it is repeated,
 * unless it was given one.
 */
function keyOf({ type, input, context }: Operation): string | undefined {
  const { idempotencyKey, repeatable } = context as CallContext;
  if (type !== 'mutation' || isNonJsonSerializable(input) || idempotencyKey !== undefined) return idempotencyKey;
  return repeatable ? undefined : randomKey();
}

/** 128 random bits; `crypto.randomUUID` is not there on pages that came by plain HTTP. */
const randomKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
