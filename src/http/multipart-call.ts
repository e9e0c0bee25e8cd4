import type { Context } from '../trpc/context.js';
import type { Services } from '../services.js';
import { createMultipartReceiver } from './multipart.js';
import { sendMultipart } from './procedure-context.js';
import type { HttpContext } from './request-state.js';

/** A call to a procedure that takes files, from either face. */
export interface MultipartCall {
  /** The text fields. @throws {DomainError} `invalid` when the call is not multipart. */
  fields(): Promise<object>;
  receiveFiles: Context['receiveFiles'];
  /** Lets go of files the procedure did not ask for. */
  close(): void;
}

export function openMultipart(ctx: HttpContext, { storage, config }: Services): MultipartCall {
  if (!ctx.is('multipart/form-data')) {
    const refuse = () => Promise.reject(sendMultipart());
    return { fields: refuse, receiveFiles: refuse, close: () => undefined };
  }
  const receiver = createMultipartReceiver(ctx, { storage, limits: config.limits });
  return {
    fields: () => receiver.fields(),
    receiveFiles: (accept) => receiver.receive(accept),
    close: () => receiver.discard(),
  };
}
