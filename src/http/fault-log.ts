import type { Logger } from 'pino';

/** Logs a fault of ours. Only names, messages, codes and stacks: other properties of errors may carry users' data. */
export function logFault(log: Logger, thrown: unknown, requestId: string | undefined): void {
  log.error({ request_id: requestId, errors: errorChain(thrown) }, 'request failed');
}

function errorChain(thrown: unknown) {
  const chain = [];
  for (let error = thrown; error instanceof Error && chain.length < 5; error = error.cause) {
    const { name, message, stack, code } = error as NodeJS.ErrnoException;
    chain.push({ name, message, code, stack });
  }
  return chain.length > 0 ? chain : [{ thrown: typeof thrown }];
}
