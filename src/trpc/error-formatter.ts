import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { TRPC_ERROR_CODES_BY_KEY, type TRPC_ERROR_CODE_KEY, type TRPCErrorShape } from '@trpc/server/rpc';
import { ZodError } from 'zod';
import { isDatabaseGone, nativeError } from '../database/outage.js';
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
  mismatch: 422,
  locked: 423,
  too_many: 429,
  unavailable: 503,
  storage_full: 507,
};

/** What is said of a fault that HTTP, tRPC or a library found before any code of ours ran. */
const faultOfStatus: Record<number, { code: string; message: string }> = {
  400: { code: 'invalid', message: 'The call cannot be read.' },
  404: { code: 'not_found', message: 'There is nothing at this address.' },
  405: { code: 'method_not_allowed', message: 'This address does not take that method.' },
  408: { code: 'timeout', message: 'The call did not arrive in time.' },
  413: { code: 'too_large', message: 'The body is too large.' },
  415: { code: 'unsupported_media_type', message: 'Send the body as application/json.' },
  417: { code: 'expectation_failed', message: 'Expect takes 100-continue, and nothing else.' },
  431: { code: 'headers_too_large', message: 'The address and the headers are too long.' },
  416: { code: 'range_not_satisfiable', message: 'The object ends before the range that was asked for.' },
};

const trpcCodeOfStatus: Record<number, TRPC_ERROR_CODE_KEY> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_SUPPORTED',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  422: 'UNPROCESSABLE_CONTENT',
  429: 'TOO_MANY_REQUESTS',
  503: 'SERVICE_UNAVAILABLE',
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
    if (isTextWithNul(error)) return describe(400, 'invalid', 'Text may hold no NUL characters.');
    if (isLostRace(error)) {
      return { ...describe(503, 'unavailable', 'Another call was changing the same. Try again.'), retryAfter: 1 };
    }
    if (isDatabaseFull(error))
      return describe(507, 'storage_full', 'The database is full: space has to be freed first.');
    if (isDatabaseGone(error) || isCutShort(error)) {
      return { ...describe(503, 'unavailable', 'The service is busy or restarting. Try again.'), retryAfter: 5 };
    }
  }
  const status = callerFaultStatus(thrown) ?? callerFaultStatus((thrown as Error | null)?.cause);
  if (status !== undefined) {
    const fault = faultOfStatus[status] ?? { code: 'invalid', message: 'The call cannot be served as it stands.' };
    return describe(status, fault.code, sentenceOfTrpc(thrown) ?? fault.message);
  }
  return describe(500, 'internal', `Something went wrong on our side. Quote request ${requestId} when you report it.`);
}

/** A ZodError that is not about the input is a broken promise of ours about the output. */
function isInputFault(thrown: unknown): boolean {
  return thrown instanceof TRPCError && thrown.code === 'BAD_REQUEST';
}

/** The 4xx that tRPC, or Koa by way of http-errors, gave the error; undefined when the fault is ours. */
function callerFaultStatus(thrown: unknown): number | undefined {
  const { status, expose } = (thrown ?? {}) as { status?: unknown; expose?: unknown };
  if (expose === true && typeof status === 'number') return status;
  const trpcStatus = thrown instanceof TRPCError ? getHTTPStatusCodeFromError(thrown) : 500;
  return trpcStatus < 500 ? trpcStatus : undefined;
}

/** tRPC's own sentence on a call it cannot read; one that wraps another error is not meant for callers. */
function sentenceOfTrpc(thrown: unknown): string | undefined {
  if (!isInputFault(thrown)) return undefined;
  const { message, cause } = thrown as TRPCError;
  if (cause === undefined) return message;
  return cause instanceof SyntaxError ? 'The call is not valid JSON.' : undefined;
}

/** PostgreSQL ended the transaction for the sake of others: a deadlock, or no serial order. */
const isLostRace = (error: Error) => /^(40P01|40001)$/.test(codeOf(error));

/** JSON can carry U+0000 and PostgreSQL's text cannot (SQLSTATE 22021, in `jsonb` 22P05). */
const isTextWithNul = (error: Error) => /^(22021|22P05)$/.test(codeOf(error));

/** The database's own disk has no room left. */
const isDatabaseFull = (error: Error) => codeOf(error) === '53100';

/** A statement that took longer than any may, or that an operator ended. */
const isCutShort = (error: Error) => codeOf(error) === '57014';

const codeOf = (error: Error) => nativeError(error).code ?? '';

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
  return `${field}: ${messages[0] ?? ''}`;
}

/** tRPC's error formatter: typed clients find the same body under `error.data`. */
export function formatError({ shape, error, ctx }: { shape: TRPCErrorShape; error: TRPCError; ctx?: Context }) {
  const { status, body } = describeError(error, ctx?.requestId ?? 'unknown');
  const trpcCode = trpcCodeOfStatus[status] ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR');
  return {
    ...shape,
    message: body.message,
    code: TRPC_ERROR_CODES_BY_KEY[trpcCode],
    data: { ...body, trpcCode, httpStatus: status },
  };
}
