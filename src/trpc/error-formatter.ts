import type { TRPCError } from '@trpc/server';
import type { TRPCErrorShape } from '@trpc/server/rpc';
import { ZodError } from 'zod';
import { DomainError, type DomainErrorKind } from '../errors.js';
import type { Context } from './context.js';

/** The one shape of every error answer: `message` and `detail` carry the same sentence. */
export interface ErrorBody {
  message: string;
  detail: string;
  code: string;
  /** Faults by field of the input. */
  errors?: Record<string, string[]>;
  request_id: string;
}

export interface DescribedError {
  status: number;
  /** Seconds, for a `Retry-After` header. */
  retryAfter?: number;
  body: ErrorBody;
}

const statusOfKind: Record<DomainErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  locked: 423,
  too_many: 429,
  unavailable: 503,
  storage_full: 507,
};

/** Turns whatever was thrown into the answer a caller may see: internals stay behind a bare 500. */
export function describeError(thrown: unknown, requestId: string): DescribedError {
  const describe = (status: number, code: string, message: string, errors?: Record<string, string[]>) => ({
    status,
    body: { message, detail: message, code, ...(errors && { errors }), request_id: requestId },
  });

  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof DomainError) {
      const described = describe(statusOfKind[error.kind], error.kind, error.message, error.fields);
      return error.retryAfter === undefined ? described : { ...described, retryAfter: error.retryAfter };
    }
    if (error instanceof ZodError && isInputFault(thrown)) {
      const errors = fieldFaults(error);
      return describe(400, 'invalid', sentenceOf(errors), errors);
    }
  }
  const trpcCode = (thrown as TRPCError | undefined)?.code;
  if (trpcCode === 'PARSE_ERROR') return describe(400, 'invalid', 'The body is not valid JSON.');
  if (trpcCode === 'NOT_FOUND') return describe(404, 'not_found', 'There is nothing at this address.');
  if (trpcCode === 'METHOD_NOT_SUPPORTED') {
    return describe(405, 'method_not_allowed', 'This address does not take that method.');
  }
  if (trpcCode === 'UNSUPPORTED_MEDIA_TYPE') {
    return describe(415, 'unsupported_media_type', 'Send the body as application/json.');
  }
  if (trpcCode === 'PAYLOAD_TOO_LARGE') return describe(413, 'too_large', 'The body is too large.');
  return describe(500, 'internal', `Something went wrong on our side. Quote request ${requestId} when you report it.`);
}

/** A ZodError that is not about the input is a broken promise of ours about the output. */
function isInputFault(thrown: unknown): boolean {
  return (thrown as TRPCError | undefined)?.code === 'BAD_REQUEST';
}

function fieldFaults(error: ZodError): Record<string, string[]> {
  const faults: Record<string, string[]> = {};
  for (const issue of error.issues.slice(0, 50)) {
    const field = issue.path.map(String).join('.') || 'body';
    (faults[field] ??= []).push(issue.message);
  }
  return faults;
}

function sentenceOf(errors: Record<string, string[]>): string {
  const [field, messages] = Object.entries(errors)[0] ?? ['body', ['is not valid']];
  return `${field}: ${messages[0]}`;
}

/** tRPC's error formatter: typed clients find the same body under `error.data`. */
export function formatError({ shape, error, ctx }: { shape: TRPCErrorShape; error: TRPCError; ctx?: Context }) {
  const { status, body } = describeError(error, ctx?.requestId ?? 'unknown');
  return { ...shape, message: body.message, data: { ...body, trpcCode: error.code, httpStatus: status } };
}
