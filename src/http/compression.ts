import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { HttpContext, HttpMiddleware } from './request-state.js';
import { normalisePath } from './rest-routes.js';

/** Smaller answers fit a packet as they are. */
const MIN_BYTES = 1400;
const COMPRESSIBLE =
  /^(?:text\/(?!event-stream)|application\/(?:[\w.+-]*\+)?json|application\/javascript|image\/svg\+xml)/;

/** Fast settings: what takes the processor longer than the line saves nobody time. */
const encoders = {
  br: (body: Buffer) =>
    promisify(brotliCompress)(body, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
    }),
  gzip: (body: Buffer) => promisify(gzip)(body, { level: 5 }),
};

/**
 * Compresses answers to reads that are text (Brotli, gzip). Never streams, pictures, nor anything that may hold a secret
 * beside what a caller chose (BREACH): answers to calls that change something, and all that is about signing in.
 */
export const compression: HttpMiddleware = async (ctx, next) => {
  await next();
  const { body } = ctx;
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) return;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const compressed = await compressFor(ctx, bytes);
  if (compressed === bytes) return;
  const { type } = ctx.response;
  const contentType = ctx.response.get('Content-Type') || type;
  ctx.body = compressed;
  ctx.set('Content-Type', contentType);
};

/** The body as it is to be sent, with the headers set that go with it. */
export async function compressFor(ctx: HttpContext, body: Buffer): Promise<Buffer> {
  const contentType = String(ctx.res.getHeader('Content-Type') ?? '');
  const reads = ctx.method === 'GET' || ctx.method === 'HEAD';
  if (!reads || body.length < MIN_BYTES || !COMPRESSIBLE.test(contentType) || isAboutSigningIn(ctx.path)) return body;
  if (ctx.res.hasHeader('Content-Encoding')) return body;
  ctx.vary('Accept-Encoding');
  // One by one: of encodings that are equally welcome the first named would win, and most name gzip first.
  const encoding = (['br', 'gzip'] as const).find((one) => ctx.acceptsEncodings(one) === one);
  if (!encoding) return body;
  ctx.set('Content-Encoding', encoding);
  return encoders[encoding](body);
}

const isAboutSigningIn = (path: string) => /^\/(auth|trpc\/(.*,)?(auth|tokens|sessions))\b/.test(normalisePath(path));
