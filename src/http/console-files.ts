import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { extname, join, relative, sep } from 'node:path';
import helmet from 'koa-helmet';
import type { Config } from '../config.js';
import type { Storage } from '../storage/storage.js';
import type { HttpMiddleware } from './request-state.js';
import { sharedHeaders } from './security-headers.js';

/** Where the pages of the console live: no procedure answers below it, so that the fallback hides none. */
export const CONSOLE_PAGES = '/app';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

interface ServedFile {
  type: string;
  etag: string;
  /** Its name bears a hash of its content, so that it never changes. */
  immutable: boolean;
  /** By content coding; `identity` is always there. */
  codings: Map<string, Buffer>;
}

/**
 * The web console that `npm run build` has made, each file in the best coding that the browser takes. `/` and every
 * address below `/app` are its one page. Where it was not built, nothing of it answers.
 */
export function consoleFiles(
  folder: string,
  ground: { config: Pick<Config, 'publicUrl'>; storage: Pick<Storage, 'signedGetUrl'> },
): HttpMiddleware {
  const files = readFiles(folder);
  const page = files.get('/index.html');
  if (!page) return (_ctx, next) => next();
  let headers: ReturnType<typeof pageHeaders> | undefined;

  return async (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next();
    const isPage = ctx.path === '/' || ctx.path === CONSOLE_PAGES || ctx.path.startsWith(`${CONSOLE_PAGES}/`);
    const file = isPage ? page : files.get(ctx.path);
    if (!file || ctx.path === '/index.html') return next();

    ctx.state.route = isPage ? CONSOLE_PAGES : '/assets';
    headers ??= pageHeaders(ground).catch((error: unknown) => {
      headers = undefined;
      throw error;
    });
    const secure = await headers;
    await secure(ctx, () => Promise.resolve());
    ctx.vary('Accept-Encoding');
    ctx.set('Cache-Control', file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
    const wanted = ctx.acceptsEncodings([...file.codings.keys()]);
    const coding = typeof wanted === 'string' ? wanted : 'identity';
    const served = file.codings.get(coding) ?? file.codings.get('identity');
    if (!served) return next();
    ctx.status = 200;
    ctx.set('ETag', `"${file.etag}${coding === 'identity' ? '' : `-${coding}`}"`);
    if (ctx.fresh) {
      ctx.status = 304;
      return undefined;
    }
    if (coding !== 'identity') ctx.set('Content-Encoding', coding);
    ctx.type = file.type;
    ctx.length = served.length;
    if (ctx.method === 'GET') ctx.body = served;
    return undefined;
  };
}

/**
 * Read once and kept, some megabytes: a build under a running service changes nothing of what it serves, and what is not
 * found now is never looked for on the disk, whatever address somebody makes up.
 */
function readFiles(folder: string): Map<string, ServedFile> {
  const files = new Map<string, ServedFile>();
  if (!existsSync(folder)) return files;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(folder, file).split(sep).join('/')}`;
    const codings = new Map<string, Buffer>();
    for (const [coding, suffix] of [
      ['br', '.br'],
      ['gzip', '.gz'],
      ['identity', ''],
    ] as const) {
      if (existsSync(file + suffix)) codings.set(coding, readFileSync(file + suffix));
    }
    const etag = createHash('sha256')
      .update(codings.get('identity') ?? '')
      .digest('base64url')
      .slice(0, 22);
    files.set(path, { type, etag, immutable: path.startsWith('/assets/'), codings });
  }
  return files;
}

/** The page runs the service's own files, calls the service, and shows its pictures wherever storage serves them. */
async function pageHeaders({ config, storage }: Parameters<typeof consoleFiles>[1]) {
  // Where browsers are sent for pictures is what storage signs, whatever it is made of.
  const picture = await storage.signedGetUrl('images/any', { contentType: 'image/jpeg', expiresInSeconds: 60 });
  const origins = [config.publicUrl, picture].flatMap((url) => (url === undefined ? [] : [new URL(url).origin]));
  return helmet({
    ...sharedHeaders,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        // React sets the style of elements through the CSSOM, which the policy lets pass; a style in the markup it does not.
        'style-src': ["'self'"],
        'img-src': ["'self'", 'data:', 'blob:', ...new Set(origins)],
        'font-src': ["'self'"],
        'connect-src': ["'self'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
      },
    },
  });
}
