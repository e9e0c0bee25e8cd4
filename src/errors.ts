/**
 * What a domain function throws when the caller asked for something that cannot be. The message is a sentence the
 * caller can act on; it is sent to him as it stands, so it never carries internals. Everything else thrown is our own
 * fault and leaves as a bare 500.
 */
export class DomainError extends Error {
  override name = 'DomainError';

  constructor(
    readonly kind: DomainErrorKind,
    message: string,
    /** Faults by field name of the input, where one field is to blame. */
    readonly fields?: Record<string, string[]>,
    /** Seconds after which the same call may succeed. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

export type DomainErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'mismatch'
  | 'too_large'
  | 'locked'
  | 'too_many'
  | 'unavailable'
  | 'storage_full';

/** 400: the named field is to blame. */
export const invalid = (field: string, message: string) => new DomainError('invalid', message, { [field]: [message] });

/** 404: also the answer for a row that exists and is not the caller's. */
export const notFound = (what: string) => new DomainError('not_found', `${what} not found.`);

export const forbidden = (message: string) => new DomainError('forbidden', message);

export const conflict = (message: string) => new DomainError('conflict', message);
