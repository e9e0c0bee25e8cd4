import { DomainError } from '../errors.js';
import type { Context } from '../trpc/context.js';
import type { Services } from '../services.js';
import type { HttpContext } from './request-state.js';

/** What a procedure is told of an HTTP request: the same whether it came as REST or as tRPC. */
export function procedureContext(
  ctx: HttpContext,
  services: Services,
  { rest, receiveFiles = refuseFiles }: { rest: boolean; receiveFiles?: Context['receiveFiles'] },
): Context {
  const gone = new AbortController();
  ctx.res.once('close', () => {
    if (!ctx.res.writableFinished) gone.abort();
  });
  return {
    ...services,
    actor: ctx.state.actor,
    credential: ctx.state.credential,
    presentsCredential: /^\S+ +\S/.test(ctx.get('Authorization')),
    requestId: ctx.state.requestId,
    ip: ctx.ip,
    userAgent: ctx.get('User-Agent').slice(0, 512) || null,
    signal: gone.signal,
    setHeader: (name, value) => ctx.set(name, value),
    restUrl: rest && ctx.method === 'GET' ? services.config.publicUrl + ctx.path + ctx.search : null,
    receiveFiles,
  };
}

export const sendMultipart = () =>
  new DomainError('invalid', 'Send the files of this call as multipart/form-data.', {
    body: ['Send multipart/form-data.'],
  });

const refuseFiles = () => Promise.reject(sendMultipart());
