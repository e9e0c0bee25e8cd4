import { BoundedTurns } from '../bounded-turns.js';
import { DomainError } from '../errors.js';
import type { HttpMiddleware } from './request-state.js';

const MOST_UNDER_WAY = 1000;
const RETRY_AFTER_SECONDS = 2;
/** REST's and tRPC's: by the address, since any call may say that it accepts a stream. */
const STREAM = /(\/events\/?|^\/trpc\/\w+\.events)$/;

/**
 * Uploads of this process, by form or to a signed address. Whoever waits has sent next to nothing: his body stays in the
 * network until his turn comes.
 */
export const uploadTurns = new BoundedTurns({
  atATime: 32,
  waiting: 200,
  sentence: 'Too many uploads are under way just now. Send this one again in a few seconds.',
  retryAfter: 5,
});

/** Refuses calls at once while so many are under way that another could only make all of them slower. */
export function boundCalls(most = MOST_UNDER_WAY): HttpMiddleware {
  let underWay = 0;
  return async (ctx, next) => {
    // Streams of events live long and cost little, and are counted where they are made.
    if (ctx.method === 'GET' && STREAM.test(ctx.path)) return next();
    if (underWay >= most) {
      const sentence = 'The service has more calls in hand than it can answer soon. Try again in a moment.';
      throw new DomainError('unavailable', sentence, undefined, RETRY_AFTER_SECONDS);
    }
    underWay += 1;
    try {
      return await next();
    } finally {
      underWay -= 1;
    }
  };
}
