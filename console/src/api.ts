import { createClient, TRPCClientError, type AppRouter, type RouterOutputs } from '../../client/browser.js';
import { QueryClient } from '@tanstack/react-query';
import { dropSession, isSignedIn, onSessionChange, sessionTokens } from './session-tokens.js';

export type { RouterInputs, RouterOutputs } from '../../client/browser.js';

/** The service that this page came from. The client renews the session, and makes calls again that met a busy service. */
export const client = createClient({ url: window.location.origin, credentials: sessionTokens });

/** Whoever is signed in; `organization_id` is that of administrators, whose reach it bounds. */
export type Me = RouterOutputs['auth']['me'] & { organization_id: string | null };
export type Request = RouterOutputs['requests']['get'];
export type QcStatus = RouterOutputs['qc']['status'];
export type QcResult = RouterOutputs['qc']['results'][number];

/** What the service has against the fields of a call, by their names. */
export type FieldErrors = Record<string, string[]>;

export interface Failure {
  /** As the service names it; `offline` where it was not reached. */
  code: string;
  message: string;
  fields: FieldErrors;
  requestId: string | undefined;
}

/** What went wrong with a call, whatever threw. */
export function failureOf(error: unknown): Failure {
  if (error instanceof TRPCClientError) {
    const { data, message } = error as TRPCClientError<AppRouter>;
    if (data) return { code: data.code, message, fields: ofWholeFields(data.errors ?? {}), requestId: data.request_id };
    return { code: 'offline', message, fields: {}, requestId: undefined };
  }
  return {
    code: 'unknown',
    message: error instanceof Error ? error.message : String(error),
    fields: {},
    requestId: undefined,
  };
}

/** What is wrong with one of a field's values (`classes.3`) is shown at the field. */
function ofWholeFields(errors: FieldErrors): FieldErrors {
  const fields: FieldErrors = {};
  for (const [path, texts] of Object.entries(errors)) (fields[path.split('.')[0] ?? path] ??= []).push(...texts);
  return fields;
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      // The client has done so already.
      retry: false,
    },
  },
});

// What one user was shown is not for the next.
onSessionChange(() => {
  if (!isSignedIn()) queryClient.clear();
});

queryClient.getQueryCache().subscribe((event) => {
  if (event.type !== 'updated' || event.action.type !== 'error') return;
  if (failureOf(event.action.error).code === 'unauthenticated') void dropSession();
});
