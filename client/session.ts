import { createTRPCClient, httpLink, TRPCClientError } from '@trpc/client';
import type { AppRouter } from '../src/router.js';
import { statusOf, withRetries } from './retry.js';

/** What a login or a refresh gave; `refresh` is good for one exchange. */
export interface SessionTokens {
  access: string;
  refresh: string;
}

/** Where a session's tokens lie, for whoever else uses them too: other tabs, other processes. */
export interface TokenStore {
  read: () => SessionTokens | null | Promise<SessionTokens | null>;
  /** Null where the session has ended. */
  write: (tokens: SessionTokens | null) => void | Promise<void>;
}

export type PasswordCredentials = { password: string } & ({ username: string } | { email: string });

/** What a client signs in with, or goes on with. */
export type Credentials = PasswordCredentials | SessionTokens | TokenStore;

export interface SessionOptions {
  /** Where the procedures are, such as `http://localhost:8000/trpc`. */
  url: string;
  credentials: Credentials;
  /** Told of each new pair, and of null when the session has ended and cannot be renewed. */
  onTokens?: ((tokens: SessionTokens | null) => void) | undefined;
  fetch?: typeof fetch | undefined;
}

/** An access token that ends sooner is renewed before it is used. */
const RENEW_BEFORE_MS = 30_000;
/** Within ten seconds of its first exchange a refresh token may be exchanged again: the answer may have been lost. */
const EXCHANGE_RETRIES = { retries: 3, longestWait: 2000 };

/**
 * The access token in force. A refresh token is exchanged once however many calls wait for it, and never where somebody
 * else has exchanged it already: one that comes back late ends the session.
 */
export class Session {
  readonly #store: TokenStore;
  readonly #password: PasswordCredentials | null;
  readonly #options: SessionOptions;
  readonly #auth;
  /** When the pair received last ends, by this machine's clock. */
  #received: { access: string; endsAt: number } | null = null;
  #renewing: Promise<string | undefined> | null = null;

  constructor(options: SessionOptions) {
    const { credentials, url, fetch } = options;
    this.#options = options;
    this.#store = 'read' in credentials ? credentials : inMemory('access' in credentials ? credentials : null);
    this.#password = 'password' in credentials ? credentials : null;
    this.#auth = createTRPCClient<AppRouter>({ links: [httpLink({ url, ...(fetch && { fetch }) })] }).auth;
  }

  /** Undefined where nobody is signed in. */
  async access(): Promise<string | undefined> {
    const tokens = await this.#store.read();
    if (tokens && !this.#endsSoon(tokens.access)) return tokens.access;
    if (!tokens && !this.#password) return undefined;
    return this.renew(tokens?.access);
  }

  /** @param refused the token that is no good any more. @returns another, or undefined where there is none to be had. */
  renew(refused: string | undefined): Promise<string | undefined> {
    this.#renewing ??= this.#exclusively(() => this.#renew(refused)).finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async #renew(refused: string | undefined): Promise<string | undefined> {
    const tokens = await this.#store.read();
    if (tokens && tokens.access !== refused) return tokens.access;
    const renewed = (tokens && (await this.#exchange(tokens.refresh))) ?? (await this.#signIn());
    if (renewed) return renewed;
    if (tokens) {
      await this.#store.write(null);
      this.#options.onTokens?.(null);
    }
    return undefined;
  }

  async #exchange(refresh: string): Promise<string | null> {
    try {
      const answer = await withRetries(() => this.#auth.refresh.mutate({ refresh }), EXCHANGE_RETRIES);
      return await this.#receive(answer);
    } catch (error) {
      if (statusOf(error) !== 401) throw error;
      // Whoever exchanged it in the meantime has left the successor.
      const tokens = await this.#store.read();
      return tokens && tokens.refresh !== refresh ? tokens.access : null;
    }
  }

  async #signIn(): Promise<string | undefined> {
    return this.#password ? this.#receive(await this.#auth.login.mutate(this.#password)) : undefined;
  }

  async #receive({ access, refresh, expires_in }: SessionTokens & { expires_in: number }): Promise<string> {
    this.#received = { access, endsAt: Date.now() + expires_in * 1000 };
    await this.#store.write({ access, refresh });
    this.#options.onTokens?.({ access, refresh });
    return access;
  }

  #endsSoon(access: string): boolean {
    const endsAt = this.#received?.access === access ? this.#received.endsAt : expiryOf(access);
    return endsAt - Date.now() < RENEW_BEFORE_MS;
  }

  /** One tab at a time, where the browser can tell: the others then find the new pair in the store. */
  #exclusively<T>(action: () => Promise<T>): Promise<T> {
    const { locks } = ((globalThis as { navigator?: unknown }).navigator ?? {}) as { locks?: Locks };
    return locks ? locks.request(`assay session ${this.#options.url}`, action) : action();
  }
}

/** The part of the Web Locks API that is used. */
interface Locks {
  request: <T>(name: string, action: () => Promise<T>) => Promise<T>;
}

function inMemory(tokens: SessionTokens | null): TokenStore {
  let kept = tokens;
  return { read: () => kept, write: (next) => void (kept = next) };
}

/** Milliseconds since 1970, by the service's clock; never for what is no JWT. */
function expiryOf(token: string): number {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1000 : Infinity;
  } catch {
    return Infinity;
  }
}

/** Whether the service says that nobody is signed in by the token it was given. */
export const isSignedOut = (error: unknown) => error instanceof TRPCClientError && statusOf(error) === 401;
