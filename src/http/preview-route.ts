import { validate } from 'uuid';
import { notFound } from '../errors.js';
import { awaitThumbnail } from '../features/images/await-thumbnail.js';
import type { Services } from '../services.js';
import type { HttpMiddleware } from './request-state.js';

const ADDRESS = /^\/previews\/([^/]+)$/;

/** Sends who asks for a preview that was not made yet on to it once it is; an `<img>` just takes a moment longer. */
export const previewRoute =
  ({ db, pictureUrls }: Pick<Services, 'db' | 'pictureUrls'>): HttpMiddleware =>
  async (ctx, next) => {
    const imageId = ADDRESS.exec(ctx.path)?.[1];
    if (imageId === undefined || !['GET', 'HEAD'].includes(ctx.method)) {
      await next();
      return;
    }

    ctx.state.route = '/previews/{image}';
    const { expires, signature } = ctx.query;
    const signed = pictureUrls.isSignedPreview(imageId, Number(expires), String(signature));
    if (!signed || !validate(imageId)) throw notFound('Preview');

    const gone = new AbortController();
    ctx.res.once('close', () => {
      gone.abort();
    });
    const key = await awaitThumbnail(db, imageId, gone.signal);
    ctx.set('Cache-Control', 'no-store');
    ctx.redirect(await pictureUrls.thumbnail(key));
  };
