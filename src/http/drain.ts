import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const LONGEST_ANSWER_MS = 10_000;
const SWEEP_MS = 50;
/** For what was sent on a connection before it was known that the server leaves. */
const FIRST_REQUEST_MS = 250;

export interface DrainOptions {
  /** For how long new connections are still taken, so that whoever spreads the load learns of it first. */
  delayMs: number;
  /** Aborted when there is no more time. */
  hastened?: AbortSignal | undefined;
}

/**
 * Ends a server without dropping a request: connections that are kept alive are told with each answer, those under way
 * included, that it is the last one, and are closed once it is out.
 */
export class ServerDrain {
  readonly #server: Server;
  readonly #answers = new Set<ServerResponse>();
  #draining = false;

  constructor(server: Server) {
    this.#server = server;
    server.prependListener('request', (_request, response) => {
      if (this.#draining) response.setHeader('Connection', 'close');
      this.#answers.add(response);
      response.once('close', () => this.#answers.delete(response));
    });
  }

  /** Resolves when the last connection is closed: after ten seconds beyond the delay at the latest. */
  async end({ delayMs, hastened }: DrainOptions): Promise<void> {
    this.#draining = true;
    for (const answer of this.#answers) {
      if (!answer.headersSent) answer.setHeader('Connection', 'close');
    }
    if (delayMs > 0) await sleep(delayMs, undefined, hastened && { signal: hastened }).catch(() => undefined);

    // Not the HTTP server's own `close`, which cuts connections whose first request is still on its way.
    const closed = new Promise((resolve) => NetServer.prototype.close.call(this.#server, resolve));
    if (!hastened?.aborted) await sleep(FIRST_REQUEST_MS);
    const sweep = setInterval(() => this.#server.closeIdleConnections(), SWEEP_MS);
    const cut = () => this.#server.closeAllConnections();
    const deadline = setTimeout(cut, LONGEST_ANSWER_MS);
    if (hastened?.aborted) cut();
    hastened?.addEventListener('abort', cut);
    await closed;
    hastened?.removeEventListener('abort', cut);
    clearTimeout(deadline);
    clearInterval(sweep);
  }
}
