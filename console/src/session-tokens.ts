import { createClient, type RouterOutputs } from '../../client/index.js';

const KEY = 'assay.session';
/** An access token that ends sooner than this is exchanged first. */
const LEEWAY_MS = 60_000;

interface Kept {
  access: string;
  refresh: string;
  /** Milliseconds since 1970, by this machine's clock. */
  expiresAt: number;
}

type Tokens = Pick<RouterOutputs['auth']['refresh'], 'access_token' | 'refresh' | 'expires_in'>;

const listeners = new Set<() => void>();
const anonymous = createClient({ url: window.location.origin });
let refreshing: Promise<string | undefined> | undefined;

function read(): Kept | undefined {
  try {
    return (JSON.parse(localStorage.getItem(KEY) ?? 'null') as Kept | null) ?? undefined;
  } catch {
    return undefined;
  }
}

function tell(): void {
  for (const listener of listeners) listener();
}

export function keepSession(tokens: Tokens): void {
  const { access_token: access, refresh, expires_in: seconds } = tokens;
  localStorage.setItem(KEY, JSON.stringify({ access, refresh, expiresAt: Date.now() + seconds * 1000 } satisfies Kept));
  tell();
}

export function dropSession(): void {
  if (localStorage.getItem(KEY) === null) return;
  localStorage.removeItem(KEY);
  tell();
}

export const isSignedIn = (): boolean => localStorage.getItem(KEY) !== null;

/** Told when somebody signs in or out, here or in another tab. */
export function onSessionChange(listener: () => void): () => void {
  const onStorage = (event: StorageEvent) => {
    if (event.key === KEY || event.key === null) listener();
  };
  listeners.add(listener);
  window.addEventListener('storage', onStorage);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', onStorage);
  };
}

/** The access token in force: exchanged for a new one where it is about to end. */
export async function accessToken(): Promise<string | undefined> {
  const kept = read();
  if (!kept || kept.expiresAt - LEEWAY_MS > Date.now()) return kept?.access;
  refreshing ??= refresh().finally(() => {
    refreshing = undefined;
  });
  return refreshing;
}

/** One tab at a time: a refresh token is good for one exchange. */
async function refresh(): Promise<string | undefined> {
  return exclusively(async () => {
    const kept = read();
    if (!kept || kept.expiresAt - LEEWAY_MS > Date.now()) return kept?.access;
    try {
      const tokens = await anonymous.auth.refresh.mutate({ refresh: kept.refresh });
      keepSession(tokens);
      return tokens.access_token;
    } catch {
      // Refused: the call that asked for it is told that the session has ended. Not reached: it fails alike.
      return kept.access;
    }
  });
}

/** Locks are there in secure contexts alone; a console on plain HTTP in a local network does without. */
const exclusively = <Result>(work: () => Promise<Result>): Promise<Result> =>
  'locks' in navigator ? navigator.locks.request(KEY, work) : work();
