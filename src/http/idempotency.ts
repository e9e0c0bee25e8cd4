import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { invalid } from '../errors.js';
import type { Credential } from '../features/auth/credential.js';
import { claimKey, type KeptAnswer } from '../features/idempotency/keys.js';
import { sealingKey } from '../sealed-text.js';
import type { Services } from '../services.js';
import { describeError } from '../trpc/error-formatter.js';
import { collectAnswer } from './collected-answer.js';
import { readJsonBody } from './json-body.js';
import { announcedBytes, drainUnreadBody } from './request-body.js';
import type { HttpContext, HttpMiddleware } from './request-state.js';
import { normalisePath } from './rest-routes.js';
import { TRPC_MOUNT } from './trpc-mount.js';

const KEY = /^[\x21-\x7e]{1,255}$/;
const MAX_KEPT_BYTES = 1024 * 1024;
/** Answers that another try may turn into another: they are not kept. */
const PASSING = new Set([401, 408, 409, 423, 429]);

/**
 * The Idempotency-Key of draft-ietf-httpapi-idempotency-key-header: a signed-in caller's POST that bears one is made once,
 * and whoever repeats it within a day is given the first answer again, by whichever process.
 */
export function idempotency({ db, config, log }: Pick<Services, 'db' | 'config' | 'log'>): HttpMiddleware {
  const sealing = sealingKey(config.jwtSecret, 'answers');
  return async (ctx, next) => {
    const key = ctx.get('Idempotency-Key');
    const { actor, credential } = ctx.state;
    if (ctx.method !== 'POST' || key === '' || !actor || !credential) return next();
    if (!KEY.test(key)) throw invalid('Idempotency-Key', 'Give a key of up to 255 visible ASCII characters.');
    if (`${ctx.get('trpc-accept')},${ctx.get('Accept')}`.includes('application/jsonl')) {
      throw invalid('Idempotency-Key', 'A streamed batch has no one answer to be kept: send the call by itself.');
    }
    const fingerprint = await fingerprintOf(ctx, credential);
    const claim = await claimKey(db, { userId: actor.id, key, fingerprint }, sealing);
    if ('status' in claim) {
      replay(ctx, claim);
      return undefined;
    }

    const settle = async (status: number, body: string) => {
      const isKept = status < 500 && !PASSING.has(status) && body.length <= MAX_KEPT_BYTES;
      await (isKept ? claim.keep({ status, body }) : claim.release()).catch((error: unknown) =>
        log.warn({ err: error, request_id: ctx.state.requestId }, 'idempotent answer not kept'),
      );
    };
    return ctx.path.startsWith(TRPC_MOUNT) && !ctx.is('multipart/form-data')
      ? settleWhenWritten(ctx, next, settle)
      : settleAfter(ctx, next, settle);
  };
}

type Settle = (status: number, body: string) => Promise<void>;

/** Kept before it is sent: a caller who has his answer finds it again. */
async function settleAfter(ctx: HttpContext, next: () => Promise<unknown>, settle: Settle): Promise<void> {
  try {
    await next();
  } catch (error) {
    const { status, body } = describeError(error, ctx.state.requestId);
    await settle(status, JSON.stringify(body));
    throw error;
  }
  const { body } = ctx;
  const text = body === undefined || body === null ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  await settle(ctx.status, text);
}

/** tRPC writes by itself, and to a caller who has gone nothing: what he would have been told is kept all the same. */
function settleWhenWritten(ctx: HttpContext, next: () => Promise<unknown>, settle: Settle): Promise<unknown> {
  collectAnswer(ctx.res, async (body) => {
    const untold = body.length === 0 ? ctx.state.untold?.() : undefined;
    if (body.length > 0) await settle(ctx.res.statusCode, body.toString());
    else if (untold === undefined) await settle(500, '');
    else await settle(200, untold);
    return body;
  });
  return next();
}

function replay(ctx: HttpContext, { status, body }: KeptAnswer): void {
  drainUnreadBody(ctx.req);
  ctx.state.route = 'replayed';
  ctx.set({ 'Idempotent-Replayed': 'true', 'Cache-Control': 'no-store' });
  ctx.status = status;
  if (body === '') return;
  ctx.type = 'application/json';
  ctx.body = body;
}

/**
 * What a call asks for, of whom and as what: of JSON the whole body; of a form, which is never held whole, its length.
 */
async function fingerprintOf(ctx: HttpContext, credential: Credential): Promise<Buffer> {
  const digest = createHash('sha256');
  const rights = credential.kind === 'token' ? credential.scope : 'session';
  digest.update(`${rights}\n${normalisePath(ctx.path)}\n${ctx.search}\n`);
  if (ctx.is('multipart/form-data')) {
    digest.update(`form of ${announcedBytes(ctx.req) ?? 'unknown'} bytes`);
  } else {
    const body = JSON.stringify(await readJsonBody(ctx));
    digest.update(body);
    // Both faces take a body that has been read from here.
    (ctx.req as IncomingMessage & { body?: unknown }).body = body;
  }
  return digest.digest();
}
