import { lazy, Suspense, useSyncExternalStore } from 'react';
import { Router } from 'wouter';
import { isSignedIn, onSessionChange } from './session-tokens.js';
import { SignedIn } from './signed-in.js';

const SignedOut = lazy(() => import('./screens/signed-out.js'));

/** Where the service serves this page, besides `/`. */
export const BASE = '/app';

export function App() {
  const signedIn = useSyncExternalStore(onSessionChange, isSignedIn);
  return (
    <Router base={BASE}>
      {signedIn ? (
        <SignedIn />
      ) : (
        <Suspense>
          <SignedOut />
        </Suspense>
      )}
    </Router>
  );
}
