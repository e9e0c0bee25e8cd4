import { createClient, TRPCClientError, type AppRouter, type RouterOutputs } from '../../client/index.js';
import { QueryClient } from '@tanstack/react-query';
import { accessToken, dropSession, isSignedIn, onSessionChange } from './session-tokens.js';

export type { RouterInputs, RouterOutputs } from '../../client/index.js';

/** The service that this page came from. */
export const client = createClient({ url: window.location.origin, token: accessToken });

export type Me = RouterOutputs['auth']['me'];
export type Request = RouterOutputs['requests']['get'];
export type QcStatus = RouterOutputs['qc']['status'];
export type QcResult = RouterOutputs['qc']['results'][number];

export interface Failure {
  /** As the service names it; `offline` where it was not reached. */
  code: string;
  message: string;
  fields: Record<string, string[]>;
  requestId: string | undefined;
}

/** What went wrong with a call, whatever threw. */
export function failureOf(error: unknown): Failure {
  if (error instanceof TRPCClientError) {
    const { data, message } = error as TRPCClientError<AppRouter>;
    if (data) return { code: data.code, message, fields: data.errors ?? {}, requestId: data.request_id };
    return { code: 'offline', message, fields: {}, requestId: undefined };
  }
  return {
    code: 'unknown',
    message: error instanceof Error ? error.message : String(error),
    fields: {},
    requestId: undefined,
  };
}

/** Errors that pass by themselves: the call may be tried again. */
export const passes = (error: unknown): boolean =>
  ['too_many', 'unavailable', 'offline'].includes(failureOf(error).code);

const RETRY_AFTER_MS = 3_000;
const LONGEST_WAIT_MS = 60_000;

/** How long the service asks to wait, in milliseconds. */
export function waitOf(error: unknown, attempt = 0): number {
  const response = error instanceof TRPCClientError ? (error.meta?.response as Response | undefined) : undefined;
  const asked = Number(response?.headers.get('Retry-After') ?? '0') * 1000;
  return Math.min(LONGEST_WAIT_MS, asked || RETRY_AFTER_MS * 2 ** Math.min(attempt, 4));
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => passes(error) && count < 6,
      retryDelay: (attempt, error) => waitOf(error, attempt),
    },
  },
});

// What one user was shown is not for the next.
onSessionChange(() => {
  if (!isSignedIn()) queryClient.clear();
});

queryClient.getQueryCache().subscribe((event) => {
  if (event.type !== 'updated' || event.action.type !== 'error') return;
  if (failureOf(event.action.error).code === 'unauthenticated') dropSession();
});

/**
 * Makes whoever just signed in the first administrator, before the page shows him anything. Where somebody was faster, he
 * stays what he is.
 */
export async function claimAdministration(session: { access_token: string; user_id: string }): Promise<void> {
  const claimant = createClient({ url: window.location.origin, token: session.access_token });
  await claimant.users.grantRole.mutate({ id: session.user_id, role_code: 'SUPER_ADMIN' }).catch((error: unknown) => {
    if (failureOf(error).code !== 'forbidden') throw error;
  });
}
