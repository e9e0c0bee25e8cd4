import type { Logger } from 'pino';
import { describeError } from '../trpc/error-formatter.js';

/**
 * Logs a fault that is not the caller's: an unforeseen one as an error, what is foreseen (busy, full) as a warning
 * without stack. Only names, messages, codes and stacks: other properties of errors may carry users' data.
 */
export function logFault(log: Logger, thrown: unknown, requestId: string | undefined): void {
  const { status } = describeError(thrown, requestId ?? '');
  if (status < 500) return;
  const level = status === 500 ? 'error' : 'warn';
  log[level]({ request_id: requestId, errors: errorChain(thrown, level === 'error') }, 'request failed');
}

function errorChain(thrown: unknown, withStack: boolean) {
  const chain = [];
  for (let error = thrown; error instanceof Error && chain.length < 5; error = error.cause) {
    const { name, message, stack, code } = error as NodeJS.ErrnoException;
    chain.push({ name, message, code, ...(withStack && { stack }) });
  }
  return chain.length > 0 ? chain : [{ thrown: typeof thrown }];
}
