import { validate } from 'uuid';
import { notFound } from '../errors.js';
import { locatePicture } from '../features/images/locate-picture.js';
import { LONGEST_WAIT_MS } from '../features/images/pending-files.js';
import { PendingHeatMaps } from '../features/images/pending-heat-maps.js';
import { PendingThumbnails } from '../features/images/pending-thumbnails.js';
import type { PictureVariant } from '../features/images/picture-urls.js';
import type { Services } from '../services.js';
import { isRead } from './read-only.js';
import type { HttpContext, HttpMiddleware } from './request-state.js';

const ADDRESS = /^\/pictures\/([^/]+)\/(original|preview|ai-heatmap)$/;

/**
 * Sends whoever asks for a picture by a signed address on to where storage serves it. For a preview or a heat map
 * that is still being made an `<img>` just takes a moment longer: up to ten seconds, or as many as `wait` says, for a
 * page that asks again by itself and has better use for the few connections a browser makes.
 */
export function pictureRoute({
  db,
  storage,
  pictureUrls,
}: Pick<Services, 'db' | 'storage' | 'pictureUrls'>): HttpMiddleware {
  const pending = new PendingThumbnails(db);
  const pendingHeatMaps = new PendingHeatMaps(db);
  return async (ctx, next) => {
    const [, imageId, variant] = (ADDRESS.exec(ctx.path) ?? []) as [string?, string?, PictureVariant?];
    if (imageId === undefined || variant === undefined) {
      await next();
      return;
    }

    ctx.state.route = `/pictures/{image}/${variant}`;
    if (!isRead(ctx)) return;
    const query = new URLSearchParams(ctx.search);
    const signed = pictureUrls.isSigned(imageId, variant, query);
    if (!signed || !validate(imageId)) throw notFound('Picture');

    const url = await locatePicture(
      { db, storage, pending, pendingHeatMaps },
      { imageId, variant, gone: whenGone(ctx), waitMs: waitOf(query) },
    );
    ctx.set('Cache-Control', 'private, max-age=60');
    ctx.redirect(url);
  };
}

function waitOf(query: URLSearchParams): number {
  const seconds = query.get('wait') ?? '';
  return /^\d+$/.test(seconds) ? Math.min(Number(seconds) * 1000, LONGEST_WAIT_MS) : LONGEST_WAIT_MS;
}

function whenGone(ctx: HttpContext): AbortSignal {
  const gone = new AbortController();
  ctx.res.once('close', () => {
    gone.abort();
  });
  return gone.signal;
}
