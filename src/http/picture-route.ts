import { validate } from 'uuid';
import { notFound } from '../errors.js';
import { locatePicture } from '../features/images/locate-picture.js';
import { PendingHeatMaps } from '../features/images/pending-heat-maps.js';
import { PendingThumbnails } from '../features/images/pending-thumbnails.js';
import type { PictureVariant } from '../features/images/picture-urls.js';
import type { Services } from '../services.js';
import { isRead } from './read-only.js';
import type { HttpContext, HttpMiddleware } from './request-state.js';

const ADDRESS = /^\/pictures\/([^/]+)\/(original|preview|ai-heatmap)$/;

/**
 * Sends whoever asks for a picture by a signed address on to where storage serves it. For a preview or a heat map
 * that is still being made an `<img>` just takes a moment longer.
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
    const signed = pictureUrls.isSigned(imageId, variant, new URLSearchParams(ctx.search));
    if (!signed || !validate(imageId)) throw notFound('Picture');

    const url = await locatePicture(
      { db, storage, pending, pendingHeatMaps },
      { imageId, variant, gone: whenGone(ctx) },
    );
    ctx.set('Cache-Control', 'private, max-age=60');
    ctx.redirect(url);
  };
}

function whenGone(ctx: HttpContext): AbortSignal {
  const gone = new AbortController();
  ctx.res.once('close', () => {
    gone.abort();
  });
  return gone.signal;
}
