import { bodyParser } from '@koa/bodyparser';
import { DomainError, invalid } from '../errors.js';
import type { HttpContext } from './request-state.js';

export const MAX_JSON_BYTES = 1024 * 1024;
const MAX_DEPTH = 64;

const parse = bodyParser({
  enableTypes: ['json'],
  jsonLimit: MAX_JSON_BYTES,
  parsedMethods: ['POST', 'PUT', 'PATCH', 'DELETE'],
  onError: (error: Error & { status?: number }, ctx) => {
    if (error.status === 415) ctx.throw(415);
    throw describeFault(error);
  },
});

/**
 * Reads a JSON object; no body, or one on a GET, is the empty one.
 * @throws {DomainError} `invalid` naming `body`, or `too_large`; an HTTP 415 for a body of another type.
 */
export async function readJsonBody(ctx: HttpContext): Promise<object> {
  if (ctx.method === 'GET' || ctx.method === 'HEAD' || !hasBody(ctx)) return {};
  if (!ctx.is('application/json') || !isUtf8(ctx.request.charset)) ctx.throw(415);
  await parse(ctx, () => Promise.resolve());
  const { body, rawBody } = ctx.request;
  if (isMisread(rawBody, ctx)) throw invalid('body', 'The body is not UTF-8, the one encoding of JSON (RFC 8259).');
  if (!isObject(body) || Array.isArray(body)) throw notAnObject();
  if (isDeeperThan(body, MAX_DEPTH)) throw invalid('body', `The body is nested more than ${MAX_DEPTH} levels deep.`);
  return body;
}

/** Whether the request brings a body, as its headers say. */
export function hasBody(ctx: HttpContext): boolean {
  return ctx.get('Transfer-Encoding') !== '' || Number(ctx.get('Content-Length')) > 0;
}

const isUtf8 = (charset: string) => ['', 'utf-8', 'utf8', 'us-ascii'].includes(charset.toLowerCase());

/** Bytes that are no UTF-8 were read as U+FFFD, which is longer than they were; one that was sent has its length. */
function isMisread(text: string | undefined, ctx: HttpContext): boolean {
  if (!text?.includes('\ufffd') || ctx.get('Content-Encoding') !== '') return false;
  const sent = Number(ctx.get('Content-Length'));
  return sent > 0 && sent !== Buffer.byteLength(text);
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const notAnObject = () => invalid('body', 'The body must be a JSON object.');

function describeFault(error: Error & { status?: number }): Error {
  if (error.status === 413) return new DomainError('too_large', 'The JSON body may have at most 1 MiB.');
  if (!(error instanceof SyntaxError)) return invalid('body', 'The body cannot be read.');
  if (error.message.includes('only supports object')) return notAnObject();
  if (error.message.includes('prototype')) return invalid('body', 'The body must not have a key named __proto__.');
  return invalid('body', 'The body is not valid JSON.');
}

/** Level by level, so that no depth overflows the stack. */
function isDeeperThan(value: object, depth: number): boolean {
  let level = [value];
  for (let reached = 0; level.length > 0; reached++) {
    if (reached >= depth) return true;
    level = level.flatMap((parent) => Object.values(parent) as unknown[]).filter(isObject);
  }
  return false;
}
