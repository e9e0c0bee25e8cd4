import type { ServerResponse } from 'node:http';

/**
 * Holds back what is written to a response, for code that lets nobody else near it, until it is whole. Streams, which
 * have no whole, pass as they are.
 * @param finish is given the body and gives back what is sent; the status and headers may still be set.
 */
export function collectAnswer(response: ServerResponse, finish: (body: Buffer) => Promise<Buffer>): void {
  const write = response.write.bind(response) as (chunk: unknown) => boolean;
  const end = response.end.bind(response) as (chunk?: unknown) => ServerResponse;
  const chunks: Buffer[] = [];
  let streams: boolean | undefined;
  response.write = ((chunk: string | Uint8Array) => {
    streams ??= isStream(response);
    if (streams) return write(chunk);
    chunks.push(Buffer.from(chunk as Uint8Array));
    return true;
  }) as typeof response.write;
  response.end = ((chunk?: string | Uint8Array) => {
    streams ??= isStream(response);
    if (streams) return end(...(chunk === undefined ? [] : [chunk]));
    if (chunk !== undefined) chunks.push(Buffer.from(chunk as Uint8Array));
    finish(Buffer.concat(chunks)).then(
      (body) => end(body),
      () => response.destroy(),
    );
    return response;
  }) as typeof response.end;
}

/** tRPC says so of the batches and subscriptions that it streams. */
const isStream = (response: ServerResponse) =>
  response.hasHeader('Transfer-Encoding') || !/\bjson\b/.test(String(response.getHeader('Content-Type') ?? ''));
