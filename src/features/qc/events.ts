import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { tracked, type TrackedEnvelope } from '@trpc/server';
import type { Knex } from 'knex';
import type { Notifications, Subscription } from '../../database/notifications.js';
import { DomainError } from '../../errors.js';
import type { Actor } from '../auth/actor.js';
import { findActor, type SignedIn } from '../auth/find-actor.js';
import { findRequest } from '../requests/find.js';

export interface QcEventsOptions {
  notifications: Notifications;
  /** Streams at a time in this process. */
  maxStreams?: number;
  maxStreamsOfUser?: number;
  /** Between two events of a stream at least. */
  pauseMs?: number;
  /** How long it is at most until a stream looks again, at the run and at who listens, though nothing was told. */
  recheckMs?: number;
  /** How long the database may be away before a stream is given up. */
  patienceMs?: number;
}

/** What must be known of a run's state to stream it. */
interface RunState {
  status: string;
  run_id: string | null;
}

export interface Watcher extends SignedIn {
  db: Knex;
  /** Aborted when he has gone. */
  signal: AbortSignal;
}

/** Live progress of quality control: streams of a run's state, in this process, told of changes by the database. */
export class QcEvents {
  readonly #options: Required<QcEventsOptions>;
  readonly #streamsOf = new Map<string, number>();
  readonly #draining = new AbortController();
  #streams = 0;

  constructor(options: QcEventsOptions) {
    this.#options = {
      maxStreams: 1000,
      maxStreamsOfUser: 20,
      pauseMs: 500,
      recheckMs: 5000,
      patienceMs: 120_000,
      ...options,
    };
  }

  /**
   * The states of a request's newest run, each with an id that tells it from others: the present one at once, unless its
   * id is `lastEventId`, then each that differs; ends after that of a run which has ended. A stream whose reader is slow
   * leaves states out, and holds one at most. Whether he may still see the request is asked before each.
   * @throws {DomainError} `too_many` and `unavailable` when there are too many streams, or the process is to stop. The
   *   stream itself throws `unauthenticated` and `not_found` when he is put out or the request is, and an AbortError when
   *   the process is to stop: then another goes on from where this one was.
   */
  watch<State extends RunState>(
    watcher: Watcher,
    requestId: string,
    { lastEventId, read }: { lastEventId?: string | undefined; read: (actor: Actor) => Promise<State> },
  ): AsyncIterable<TrackedEnvelope<State>> {
    const leave = this.#enter(watcher.actor.id);
    watcher.signal.addEventListener('abort', leave);
    return this.#states(watcher, requestId, { lastEventId, read, leave });
  }

  /** Ends all streams, and lets no further one begin. */
  drain(): void {
    this.#draining.abort();
  }

  #enter(userId: string): () => void {
    const { maxStreams, maxStreamsOfUser } = this.#options;
    const his = this.#streamsOf.get(userId) ?? 0;
    if (his >= maxStreamsOfUser) {
      throw new DomainError('too_many', `At most ${maxStreamsOfUser} streams are open at a time: close some.`, {}, 10);
    }
    if (this.#streams >= maxStreams || this.#draining.signal.aborted) {
      throw new DomainError('unavailable', 'No more live progress can be shown now. Try again.', {}, 5);
    }
    this.#streams += 1;
    this.#streamsOf.set(userId, his + 1);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#streams -= 1;
      const left = (this.#streamsOf.get(userId) ?? 1) - 1;
      if (left === 0) this.#streamsOf.delete(userId);
      else this.#streamsOf.set(userId, left);
    };
  }

  async *#states<State extends RunState>(
    watcher: Watcher,
    requestId: string,
    {
      lastEventId,
      read,
      leave,
    }: { lastEventId: string | undefined; read: (actor: Actor) => Promise<State>; leave: () => void },
  ): AsyncGenerator<TrackedEnvelope<State>, void> {
    const subscription = this.#options.notifications.subscribe('qc_runs', requestId);
    const stop = new AbortController();
    const end = () => stop.abort();
    // Not AbortSignal.any: the process's own signal would remember every stream there ever was.
    for (const signal of [watcher.signal, this.#draining.signal]) signal.addEventListener('abort', end);
    if (watcher.signal.aborted || this.#draining.signal.aborted) end();
    try {
      let last = lastEventId;
      while (!stop.signal.aborted) {
        const state = await this.#readPatiently(stop.signal, async () => {
          const actor = await confirm(watcher, requestId);
          return read(actor);
        });
        if (!state) break;
        const id = idOf(state);
        if (id !== last) yield tracked(id, state);
        last = id;
        if (hasEnded(state)) return;
        await this.#untilChanged(subscription, stop.signal);
      }
      if (this.#draining.signal.aborted) throw new DOMException('The service is restarting', 'AbortError');
    } finally {
      for (const signal of [watcher.signal, this.#draining.signal]) signal.removeEventListener('abort', end);
      subscription.end();
      leave();
    }
  }

  /** A database that is away for a while ends no stream. Undefined when stopped. */
  async #readPatiently<State>(signal: AbortSignal, read: () => Promise<State>): Promise<State | undefined> {
    const { patienceMs, recheckMs } = this.#options;
    const until = performance.now() + patienceMs;
    while (!signal.aborted) {
      try {
        return await read();
      } catch (error) {
        if (error instanceof DomainError || performance.now() > until) throw error;
        await sleep(recheckMs / 5, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  /** What is told during the pause is found at its end. */
  async #untilChanged(subscription: Subscription, signal: AbortSignal): Promise<void> {
    const { pauseMs, recheckMs } = this.#options;
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    await subscription.changed({ withinMs: recheckMs, signal });
  }
}

async function confirm({ db, actor, credential }: Watcher, requestId: string): Promise<Actor> {
  const now = await findActor(db, actor.id, credential);
  if (!now) throw new DomainError('unauthenticated', 'Your session has ended: sign in again.');
  await findRequest(db, now, requestId, 'read');
  return now;
}

/** Of all that is a fact of the run; its rate and what is left by it change with every look. */
function idOf(state: RunState): string {
  const facts = JSON.stringify(state, (key, value: unknown) =>
    key === 'images_per_second' || key === 'seconds_left' ? undefined : value,
  );
  const digest = createHash('sha256').update(facts).digest('base64url').slice(0, 16);
  return `${state.run_id ?? 'none'}.${digest}`;
}

const hasEnded = ({ status }: RunState) => ['completed', 'failed', 'cancelled'].includes(status);
