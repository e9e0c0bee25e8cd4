import { once } from 'node:events';
import { createServer, request, type ClientRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import Koa from 'koa';
import { pino } from 'pino';
import type { UploadLimits } from '../../src/config.js';
import { errorAnswers } from '../../src/http/error-answers.js';
import { createMultipartReceiver, type MultipartReceiver } from '../../src/http/multipart.js';
import type { RequestState } from '../../src/http/request-state.js';
import type { Storage } from '../../src/storage/storage.js';
import type { ReceivedFiles } from '../../src/features/uploads/received-files.js';

export const BOUNDARY = 'the-boundary';

/** What a call does with what it receives; its result is the answer. */
export type Procedure = (receiver: MultipartReceiver, socket: Socket) => Promise<unknown>;

export interface Answer {
  status: number | undefined;
  body: ReceivedFiles & { message: string; code: string; errors?: Record<string, string[]> };
}

/** An HTTP server whose one address hands multipart calls to whatever procedure is set. */
export class MultipartServer {
  procedure: Procedure = (receiver) => receiver.receive({ fields: ['files'], keyPrefix: 'received' });
  /** How the procedure ended, in the order of calls. */
  readonly outcomes: Promise<unknown>[] = [];
  readonly #server: Server;

  private constructor(storage: Storage, limits: UploadLimits) {
    const app = new Koa<RequestState>();
    app.silent = true;
    app.use(errorAnswers(pino({ level: 'silent' })));
    app.use(async (ctx) => {
      const receiver = createMultipartReceiver(ctx, { storage, limits });
      const outcome = this.procedure(receiver, ctx.req.socket);
      this.outcomes.push(outcome);
      try {
        ctx.body = (await outcome) ?? {};
      } finally {
        if (!receiver.used) receiver.discard();
      }
    });
    this.#server = createServer((incoming, outgoing) => void app.callback()(incoming, outgoing));
  }

  static async start(storage: Storage, limits: UploadLimits): Promise<MultipartServer> {
    const server = new MultipartServer(storage, limits);
    await once(server.#server.listen(0, '127.0.0.1'), 'listening');
    return server;
  }

  /** Opens a call; the caller writes its body. */
  open(headers: Record<string, string | number> = {}): ClientRequest {
    const { port } = this.#server.address() as AddressInfo;
    const type = { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}` };
    return request({ host: '127.0.0.1', port, method: 'POST', agent: false, headers: { ...type, ...headers } });
  }

  /** Sends a whole body and waits for the answer. */
  async call(body: Buffer, headers: Record<string, string | number> = {}): Promise<Answer> {
    const call = this.open({ 'Content-Length': body.length, ...headers });
    call.end(body);
    return answerOf(call);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

export async function answerOf(call: ClientRequest): Promise<Answer> {
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, body: JSON.parse(await text(answer)) as Answer['body'] };
}

/** A form part that carries a file. The name goes into the header as it stands, except for quotes. */
export function file(filename: string, content: Buffer | string, field = 'files'): Buffer {
  const header = `Content-Disposition: form-data; name="${field}"; filename="${filename}"\r\nContent-Type: image/png`;
  return part(header, content);
}

export function field(name: string, value: string): Buffer {
  return part(`Content-Disposition: form-data; name="${name}"`, value);
}

export function part(header: string, content: Buffer | string): Buffer {
  return Buffer.concat([Buffer.from(`--${BOUNDARY}\r\n${header}\r\n\r\n`), Buffer.from(content), Buffer.from('\r\n')]);
}

export function form(...parts: Buffer[]): Buffer {
  return Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}
