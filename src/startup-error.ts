/** Why the service cannot start, as a sentence the person who started it can act on. No stack is shown for it. */
export class StartupError extends Error {
  override name = 'StartupError';
}
