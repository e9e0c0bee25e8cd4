import { type SessionTokens, storedTokens, type TokenStore } from '../../client/browser.js';

const KEY = 'assay.session';
const kept = storedTokens(localStorage, KEY);
const listeners = new Set<() => void>();

/** Where the session's tokens lie: for all tabs, and with a word to whoever listens. */
export const sessionTokens: TokenStore = {
  read: () => kept.read(),
  write: async (tokens) => {
    await kept.write(tokens);
    for (const listener of listeners) listener();
  },
};

export const keepSession = ({ access, refresh }: SessionTokens) => sessionTokens.write({ access, refresh });

export const dropSession = () => sessionTokens.write(null);

export const isSignedIn = (): boolean => localStorage.getItem(KEY) !== null;

/** Told when somebody signs in or out, here or in another tab, and when tokens are renewed. */
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
