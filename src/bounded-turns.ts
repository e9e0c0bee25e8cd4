import pLimit from 'p-limit';
import { DomainError } from './errors.js';

export interface TurnLimits {
  /** Pieces of work done at a time. */
  atATime: number;
  /** Callers that may wait for their turn; beyond them all are refused at once. */
  waiting: number;
  /** What those are told. */
  sentence: string;
  /** Seconds. */
  retryAfter: number;
}

/**
 * So much of a kind of work at a time, and so many callers waiting for it: what comes beyond is told to come again, that
 * neither memory nor the time of those who wait grows with the load.
 */
export class BoundedTurns {
  readonly #limits: TurnLimits;
  readonly #turns: ReturnType<typeof pLimit>;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
    this.#turns = pLimit(limits.atATime);
  }

  /** @throws {DomainError} `unavailable` where too many wait already. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    const { waiting, sentence, retryAfter } = this.#limits;
    if (this.#turns.pendingCount >= waiting) throw new DomainError('unavailable', sentence, undefined, retryAfter);
    return this.#turns(work);
  }
}
