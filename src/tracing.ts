/** What a piece of work tells of itself while it is done. */
export interface SpanNotes {
  name?: string;
  attributes?: Record<string, string | number>;
}

export interface SpanOptions extends Pick<SpanNotes, 'attributes'> {
  kind?: 'server' | 'consumer' | 'internal';
  /** A `traceparent` (W3C Trace Context) from elsewhere; what goes on here unless given. */
  parent?: string | undefined;
}

export interface Tracing {
  span<T>(name: string, options: SpanOptions, work: (note: (notes: SpanNotes) => void) => Promise<T>): Promise<T>;
  /** Of what goes on here, for work done elsewhere. */
  traceparent(): string | undefined;
  /** Sends what is left. */
  stop(): Promise<void>;
}

let tracing: Tracing | undefined;

/**
 * Traces this process by OpenTelemetry, if there is somewhere to send traces to; else none of it is even loaded.
 * @param service what the process is called there.
 * @returns what ends it.
 */
export async function startTracing(endpoint: string | undefined, service: string): Promise<() => Promise<void>> {
  if (endpoint === undefined) return () => Promise.resolve();
  const { openTelemetry } = await import('./open-telemetry.js');
  const started = openTelemetry(endpoint, service);
  tracing = started;
  return async () => {
    tracing = undefined;
    await started.stop();
  };
}

/** Does some work as a span of the trace that goes on here. */
export function inSpan<T>(
  name: string,
  options: SpanOptions,
  work: (note: (notes: SpanNotes) => void) => Promise<T>,
): Promise<T> {
  return tracing ? tracing.span(name, options, work) : work(() => undefined);
}

export const traceparent = (): string | undefined => tracing?.traceparent();
