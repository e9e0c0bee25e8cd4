const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** One Ctrl-C arrives twice where npm stands between: from the terminal, and passed on by npm. */
const SAME_STROKE_MS = 1000;

/** What asks this process to end. */
export class Shutdown {
  readonly #requested = new AbortController();
  readonly #hastened = new AbortController();

  /** Takes over the process's stop signals. */
  constructor() {
    let firstAt: number | undefined;
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        firstAt ??= performance.now();
        if (performance.now() - firstAt > SAME_STROKE_MS) this.#hastened.abort();
        this.request();
      });
    }
  }

  /** Aborted when everything is to end in order. */
  get requested(): AbortSignal {
    return this.#requested.signal;
  }

  /** Aborted when whoever asked is out of patience. */
  get hastened(): AbortSignal {
    return this.#hastened.signal;
  }

  request(): void {
    this.#requested.abort();
  }
}
