import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isPublicAddress, literalAddress, PrivateAddress, publicLookup } from './public-address.js';

const DEADLINE_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_HEADER_BYTES = 8 * 1024;

export interface PostOptions {
  headers: Record<string, string>;
  body: string;
  /** For on-premises use: receivers may stand in the same network. */
  allowPrivate: boolean;
  deadlineMs?: number;
}

/**
 * Posts JSON and tells the status of the answer; redirects are not followed. Connections go to public addresses only,
 * which is asked of the address that is connected to. The answer is read to its end, up to 64 KiB, and forgotten.
 * @throws {Error} when nothing can be sent, or there is no answer within ten seconds in all.
 */
export async function post(
  target: string,
  { headers, body, allowPrivate, deadlineMs = DEADLINE_MS }: PostOptions,
): Promise<number> {
  const url = new URL(target);
  const literal = literalAddress(url);
  if (!allowPrivate && literal !== undefined && !isPublicAddress(literal)) throw new PrivateAddress();
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise<number>((resolve, reject) => {
    const signal = AbortSignal.timeout(deadlineMs);
    const call = send(url, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) },
      // A connection of its own, which nobody else's deliveries share.
      agent: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      signal,
      ...(!allowPrivate && { lookup: publicLookup }),
    });
    call.once('response', (answer) => {
      swallow(answer, () => call.destroy()).then(() => resolve(answer.statusCode ?? 0), reject);
    });
    call.once('error', (error) =>
      reject(signal.aborted ? new Error('No answer within ten seconds.', { cause: error }) : error),
    );
    call.end(body);
  });
}

async function swallow(answer: IncomingMessage, hangUp: () => void): Promise<void> {
  let left = MAX_ANSWER_BYTES;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    left -= chunk.length;
    if (left < 0) {
      hangUp();
      return;
    }
  }
}
