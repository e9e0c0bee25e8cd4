/** `fetch` with the token in force. */
export type AuthorizedFetch = (url: string, init: RequestInit) => Promise<Response>;

interface EventSourceInit {
  fetch: AuthorizedFetch;
}

/**
 * Server-sent events (WHATWG HTML, 9.2) by `fetch`, which can carry an Authorization header as a browser's own
 * EventSource cannot: a token in an address would end up in logs. It connects once; whoever listens connects again.
 */
export class FetchEventSource extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSED = 2;
  readonly withCredentials = false;
  readonly url: string;
  readyState = 0;
  onopen = null;
  onmessage = null;
  onerror = null;
  readonly #abort = new AbortController();

  constructor(url: string | URL, init: EventSourceInit) {
    super();
    this.url = String(url);
    void this.#listen(init.fetch).catch((error: unknown) => this.#fail(error));
  }

  close(): void {
    this.readyState = this.CLOSED;
    this.#abort.abort();
  }

  async #listen(fetchIt: AuthorizedFetch): Promise<void> {
    const headers = { Accept: 'text/event-stream' };
    const response = await fetchIt(this.url, { headers, signal: this.#abort.signal });
    if (!response.ok || !response.body) {
      this.#fail(await response.json());
      return;
    }
    this.readyState = this.OPEN;
    this.dispatchEvent(new Event('open'));
    for await (const { type, data, id } of readEvents(response.body)) {
      if (this.#abort.signal.aborted) return;
      this.dispatchEvent(new MessageEvent(type, { data, lastEventId: id }));
    }
    this.#fail(new TypeError('The connection ended.'));
  }

  /** @param reason the service's own error answer, or what was thrown: it travels with the event. */
  #fail(reason: unknown): void {
    if (this.readyState === this.CLOSED) return;
    this.readyState = this.CLOSED;
    const { error } = (reason ?? {}) as { error?: unknown };
    this.dispatchEvent(Object.assign(new Event('error'), error ? { error } : { cause: reason }));
  }
}

interface StreamedEvent {
  type: string;
  data: string;
  id: string;
}

/** A line longer than this is no event of ours. */
const LONGEST_LINE = 8 * 1024 * 1024;

/** Reads a `text/event-stream`. @throws {TypeError} where a line does not end. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamedEvent> {
  let [type, id] = ['', ''];
  let data: string[] = [];
  for await (const line of readLines(body)) {
    if (line === '') {
      if (data.length > 0 || type !== '') yield { type: type || 'message', data: data.join('\n'), id };
      [type, data] = ['', []];
      continue;
    }
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') type = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
}

async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      // A return at the end may be half of a line's end.
      const whole = rest.endsWith('\r') ? rest.length - 1 : rest.length;
      const lines = rest.slice(0, whole).split(/\r\n|\n|\r/);
      rest = (lines.pop() ?? '') + rest.slice(whole);
      if (rest.length > LONGEST_LINE) throw new TypeError('The service sent a line without an end.');
      yield* lines;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
