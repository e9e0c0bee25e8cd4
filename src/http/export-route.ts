import { validate } from 'uuid';
import { notFound } from '../errors.js';
import { locateExport } from '../features/exports/locate-export.js';
import type { Services } from '../services.js';
import { isRead } from './read-only.js';
import type { HttpMiddleware } from './request-state.js';

const ADDRESS = /^\/exports\/([^/]+)\/download$/;

/** Sends whoever asks for an export by a signed address on to where storage serves it. */
export function exportRoute({
  db,
  storage,
  exportUrls,
}: Pick<Services, 'db' | 'storage' | 'exportUrls'>): HttpMiddleware {
  return async (ctx, next) => {
    const [, id] = ADDRESS.exec(ctx.path) ?? [];
    if (id === undefined) {
      await next();
      return;
    }
    ctx.state.route = '/exports/{export}/download';
    if (!isRead(ctx)) return;
    if (!exportUrls.isSigned(id, new URLSearchParams(ctx.search)) || !validate(id)) throw notFound('Export');
    const url = await locateExport({ db, storage }, id);
    ctx.set('Cache-Control', 'no-store');
    ctx.redirect(url);
  };
}
