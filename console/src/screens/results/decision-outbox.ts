import type { Decision } from './result-row.js';

/** Decisions by image; null takes one back. */
export type Decisions = ReadonlyMap<string, Decision | null>;

/**
 * Sends decisions one call after the other, so that the last one of a picture counts. Those that are made while a call is
 * on its way, or waits for a busy service, travel together in the next.
 */
export class DecisionOutbox {
  readonly #send: (decisions: Decisions) => Promise<void>;
  #last: Promise<void> = Promise.resolve();
  #next: { decisions: Map<string, Decision | null>; sent: Promise<void> } | undefined;

  constructor(send: (decisions: Decisions) => Promise<void>) {
    this.#send = send;
  }

  /** Resolves when they are saved, and rejects where the service refuses them. */
  put(decisions: Decisions): Promise<void> {
    if (this.#next) {
      for (const [imageId, decision] of decisions) this.#next.decisions.set(imageId, decision);
      return this.#next.sent;
    }
    const together = new Map(decisions);
    const sent = this.#last.then(() => {
      this.#next = undefined;
      return this.#send(together);
    });
    this.#last = sent.catch(() => undefined);
    this.#next = { decisions: together, sent };
    return sent;
  }
}
