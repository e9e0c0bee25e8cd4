import { useSyncExternalStore } from 'react';
import { Router } from 'wouter';
import { SignedOut } from './screens/signed-out.js';
import { isSignedIn, onSessionChange } from './session-tokens.js';
import { SignedIn } from './signed-in.js';

/** Where the service serves this page, besides `/`. */
export const BASE = '/app';

export function App() {
  const signedIn = useSyncExternalStore(onSessionChange, isSignedIn);
  return <Router base={BASE}>{signedIn ? <SignedIn /> : <SignedOut />}</Router>;
}
