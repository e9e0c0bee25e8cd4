import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describeError } from '../trpc/error-formatter.js';

const statusOfCode: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Gives what Node refuses by itself, before the application sees a request, the one error shape. */
export function answerParserErrors(server: Server): void {
  const answers = new WeakMap<object, ServerResponse>();
  server.prependListener('request', (request, response) => answers.set(request.socket, response));

  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const answer = answers.get(socket);
    // In the midst of an answer a second one would pass for a part of it.
    const isAnswering = answer?.headersSent === true && !answer.writableFinished;
    if (socket.writable && !isAnswering) socket.write(rawAnswer(statusOfCode[error.code ?? ''] ?? 400));
    socket.destroy(error);
  });

  server.on('checkExpectation', (_request, response: ServerResponse) => {
    const { headers, body } = refusal(417);
    response.writeHead(417, headers).end(body);
  });
}

function rawAnswer(status: number): string {
  const { headers, body } = refusal(status);
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}

function refusal(status: number) {
  const requestId = randomUUID();
  const fault = Object.assign(new Error(), { status, expose: true });
  const body = JSON.stringify(describeError(fault, requestId).body);
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': requestId,
  };
  return { headers, body };
}
