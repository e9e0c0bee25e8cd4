import { Readable } from 'node:stream';
import type { Knex } from 'knex';
import type { UploadLimits } from '../config.js';
import { conflict, DomainError, invalid, notFound } from '../errors.js';
import { isSpentKey } from '../features/uploads/is-spent-key.js';
import { type ByteRange, DiskStorage } from '../storage/disk-storage.js';
import { isObjectKey } from '../storage/object-key.js';
import { ObjectNotFound } from '../storage/storage.js';
import type { Services } from '../services.js';
import { uploadTurns } from './overload.js';
import type { HttpContext, HttpMiddleware } from './request-state.js';
import { announcedBytes, drainUnreadBody, isAborted, uploadAborted } from './request-body.js';

const PREFIX = '/storage/';

/** Serves the signed URLs of storage on disk: `GET`, `HEAD` and `PUT /storage/<key>`. With S3 there is nothing to serve. */
export function storageRoutes({ db, storage, config }: Pick<Services, 'db' | 'storage' | 'config'>): HttpMiddleware {
  return async (ctx, next) => {
    if (storage instanceof DiskStorage && ctx.path.startsWith(PREFIX)) {
      await answer(ctx, { db, storage, limits: config.limits });
    } else {
      await next();
    }
  };
}

interface Ground {
  db: Knex;
  storage: DiskStorage;
  limits: UploadLimits;
}

async function answer(ctx: HttpContext, ground: Ground): Promise<void> {
  ctx.state.route = `${PREFIX}{key}`;
  const key = ctx.path.slice(PREFIX.length);
  if (!isObjectKey(key)) throw notFound('Object');
  if (ctx.method === 'GET' || ctx.method === 'HEAD') {
    await serve(ctx, ground.storage, key);
  } else if (ctx.method === 'PUT') {
    try {
      await uploadTurns.take(() => take(ctx, ground, key));
    } catch (error) {
      drainUnreadBody(ctx.req);
      throw isAborted(ctx.req) ? uploadAborted() : error;
    }
  } else {
    ctx.set('Allow', 'GET, HEAD, PUT');
    ctx.throw(405);
  }
}

/** RFC 9110: one range, conditional on the entity tag. */
async function serve(ctx: HttpContext, storage: DiskStorage, key: string): Promise<void> {
  const { contentType, disposition, expiresAt } = storage.verify('GET', key, queryOf(ctx));
  const info = await storage.head(key);
  if (!info) throw notFound('Object');

  const maxAge = Math.max(0, expiresAt - Math.floor(Date.now() / 1000));
  ctx.set({
    'Content-Type': contentType,
    'Content-Disposition': disposition ?? 'inline',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': `private, immutable, max-age=${maxAge}`,
    'Accept-Ranges': 'bytes',
    ETag: info.etag,
  });
  ctx.status = 200;
  if (ctx.fresh) {
    ctx.status = 304;
    return;
  }
  const range = requestedRange(ctx, info.bytes, info.etag);
  if (range === 'unsatisfiable') {
    ctx.set('Content-Range', `bytes */${info.bytes}`);
    ctx.throw(416);
  }
  if (range) {
    ctx.status = 206;
    ctx.set('Content-Range', `bytes ${range.start}-${range.end}/${info.bytes}`);
  }
  if (ctx.method === 'GET') ctx.body = (await openObject(storage, key, range)).stream;
  ctx.length = range ? range.end - range.start + 1 : info.bytes;
}

/** Undefined where the whole object is to be sent, as for several ranges or ones that cannot be read. */
function requestedRange(ctx: HttpContext, bytes: number, etag: string): ByteRange | 'unsatisfiable' | undefined {
  const parsed = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(ctx.get('Range'));
  const condition = ctx.get('If-Range');
  if (!parsed || (condition && condition !== etag)) return undefined;
  const [first, last] = [parsed[1] ?? '', parsed[2] ?? ''];
  if (!first && !last) return undefined;
  const start = first ? Number(first) : Math.max(0, bytes - Number(last));
  const end = first && last ? Math.min(Number(last), bytes - 1) : bytes - 1;
  if (first && last && Number(last) < Number(first)) return undefined;
  return start <= end ? { start, end } : 'unsatisfiable';
}

async function openObject(storage: DiskStorage, key: string, range: ByteRange | undefined) {
  try {
    return await storage.open(key, range);
  } catch (error) {
    throw error instanceof ObjectNotFound ? notFound('Object') : error;
  }
}

async function take(ctx: HttpContext, { db, storage, limits }: Ground, key: string): Promise<void> {
  const maxBytes = limits.maxFileBytes;
  const { contentType, contentLength } = storage.verify('PUT', key, queryOf(ctx));
  if (ctx.get('Content-Type').trim() !== contentType) {
    throw invalid('Content-Type', `This address takes the content type ${contentType}, and no other.`);
  }
  const announced = announcedBytes(ctx.req);
  if (contentLength !== undefined && announced !== contentLength) {
    throw invalid('Content-Length', `This address takes exactly ${contentLength} bytes, announced by Content-Length.`);
  }
  if ((announced ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if ((await storage.head(key)) !== undefined || (await isSpentKey(db, key))) {
    throw conflict('This address was used already: ask for a new one.');
  }

  const { etag } = await storage.putNew(key, Readable.from(atMost(maxBytes, ctx.req), { objectMode: false }));
  ctx.set('ETag', etag);
  ctx.status = 200;
}

async function* atMost(maxBytes: number, body: Readable): AsyncGenerator<Buffer> {
  let left = maxBytes;
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    left -= chunk.length;
    if (left < 0) throw tooLarge(maxBytes);
    yield chunk;
  }
}

/** Koa's own `URL` is empty when the Host header is malformed. */
const queryOf = (ctx: HttpContext) => new URLSearchParams(ctx.search);

const tooLarge = (maxBytes: number) => new DomainError('too_large', `A file may have at most ${maxBytes} bytes.`);
