import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** A peer that vanished without a word is noticed after so long. */
const PROBE_EVERY_MS = 15_000;
const FAREWELL_MS = 1000;

/** What one listener waits for: a mark that something changed, not a queue, so that the slow hold nothing up. */
export interface Subscription {
  /**
   * Resolves when something was told since the last time, or may have been while the database was away; at the latest
   * when the time is over or the signal aborted.
   */
  changed(options: { withinMs: number; signal: AbortSignal }): Promise<void>;
  end(): void;
}

/**
 * PostgreSQL's LISTEN/NOTIFY for a whole process: one connection, made when somebody first listens and made anew
 * whenever it breaks. Payloads are keys: each listener hears of one.
 */
export class Notifications {
  readonly #options: { databaseUrl: string; log: Logger };
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #channels = new Set<string>();
  readonly #closing = new AbortController();
  #connection: pg.Client | undefined;
  #staying: Promise<void> | undefined;

  constructor(options: { databaseUrl: string; log: Logger }) {
    this.#options = options;
  }

  subscribe(channel: string, key: string): Subscription {
    const name = `${channel}:${key}`;
    const listener = new Listener();
    const together = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, together.add(listener));
    this.#listenTo(channel);
    return {
      changed: (options) => listener.changed(options),
      end: () => {
        together.delete(listener);
        if (together.size === 0 && this.#listeners.get(name) === together) this.#listeners.delete(name);
      },
    };
  }

  /** Nothing is heard any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#connection?.end().catch(() => undefined);
    await this.#staying;
  }

  #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  #listenTo(channel: string): void {
    if (this.#isClosed()) return;
    if (!this.#channels.has(channel)) {
      this.#channels.add(channel);
      // Where there is no connection yet, or this one breaks, the next one listens to all.
      if (this.#connection) void this.#listen(this.#connection, channel).catch(() => undefined);
    }
    this.#staying ??= this.#stayConnected();
  }

  async #stayConnected(): Promise<void> {
    const { signal } = this.#closing;
    const { log } = this.#options;
    let pause = FIRST_PAUSE_MS;
    while (!this.#isClosed()) {
      try {
        await this.#holdConnection(() => {
          pause = FIRST_PAUSE_MS;
        });
      } catch (error) {
        if (!this.#isClosed()) log.warn({ err: error }, 'not hearing notifications from the database');
      }
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    }
  }

  /** Rejects when the connection breaks, resolves when it was closed. */
  async #holdConnection(onListening: () => void): Promise<void> {
    const connection = new pg.Client({
      connectionString: this.#options.databaseUrl,
      application_name: 'assay notifications',
      connectionTimeoutMillis: 5000,
      query_timeout: 5000,
      keepAlive: true,
    });
    const ended = new Promise<void>((resolve, reject) => {
      connection.once('error', reject);
      connection.once('end', resolve);
    });
    ended.catch(() => undefined);
    // An error after the first one has nothing new to say.
    connection.on('error', () => undefined);
    connection.on('notification', ({ channel, payload = '' }) => this.#tell(`${channel}:${payload}`));
    let probing: NodeJS.Timeout | undefined;
    try {
      await connection.connect();
      this.#connection = connection;
      for (const channel of this.#channels) await this.#listen(connection, channel);
      onListening();
      probing = setInterval(() => {
        connection.query('select 1').catch((error: unknown) => connection.emit('error', error));
      }, PROBE_EVERY_MS);
      await ended;
    } finally {
      clearInterval(probing);
      this.#connection = undefined;
      // One that vanished does not answer the farewell.
      await Promise.race([connection.end().catch(() => undefined), sleep(FAREWELL_MS)]);
    }
  }

  /** What was told before this connection listened is lost: everybody looks for himself. */
  async #listen(connection: pg.Client, channel: string): Promise<void> {
    await connection.query(`listen ${connection.escapeIdentifier(channel)}`);
    for (const [name, listeners] of this.#listeners) {
      if (name.startsWith(`${channel}:`)) for (const listener of listeners) listener.tell();
    }
  }

  #tell(name: string): void {
    for (const listener of this.#listeners.get(name) ?? []) listener.tell();
  }
}

class Listener {
  #told = false;
  #wake: (() => void) | undefined;

  tell(): void {
    this.#told = true;
    this.#wake?.();
  }

  async changed({ withinMs, signal }: { withinMs: number; signal: AbortSignal }): Promise<void> {
    if (!this.#told && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const timer = setTimeout(wake, withinMs);
        signal.addEventListener('abort', wake);
        this.#wake = wake;
      });
      this.#wake = undefined;
    }
    this.#told = false;
  }
}
