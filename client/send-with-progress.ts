/** The part of a browser's XMLHttpRequest that is used: `fetch` tells nobody how much of a body has left. */
interface Xhr {
  upload: { onprogress: ((event: { loaded: number }) => void) | null };
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  responseType: string;
  response: unknown;
  status: number;
  statusText: string;
  open: (method: string, url: string) => void;
  setRequestHeader: (name: string, value: string) => void;
  getAllResponseHeaders: () => string;
  send: (body: unknown) => void;
  abort: () => void;
}

const xhrOf = () => (globalThis as { XMLHttpRequest?: new () => Xhr }).XMLHttpRequest;

/** Whether the runtime tells of a whole body how much of it has left; else each file tells that it is read. */
export const tellsOfBodies = () => xhrOf() !== undefined;

/**
 * `fetch` that tells how many bytes of the body have left so far.
 * @param plain is taken where there is no XMLHttpRequest.
 */
export function fetchReporting(onSent: (bytes: number) => void, plain: typeof fetch): typeof fetch {
  const XhrOfBrowser = xhrOf();
  if (!XhrOfBrowser) return plain;
  return (input, init = {}) =>
    new Promise((resolve, reject) => {
      const { signal, method = 'GET', headers, body } = init;
      const request = new XhrOfBrowser();
      const abort = () => request.abort();
      const settle = (action: () => void) => () => {
        signal?.removeEventListener('abort', abort);
        action();
      };
      request.open(method, input instanceof Request ? input.url : String(input));
      for (const [name, value] of new Headers(headers)) request.setRequestHeader(name, value);
      request.responseType = 'blob';
      request.upload.onprogress = ({ loaded }) => onSent(loaded);
      request.onload = settle(() => resolve(answerOf(request)));
      request.onerror = settle(() => reject(new TypeError('Failed to fetch')));
      request.onabort = settle(() => reject(new DOMException('The call was aborted.', 'AbortError')));
      if (signal?.aborted) {
        request.onabort();
        return;
      }
      signal?.addEventListener('abort', abort, { once: true });
      request.send(body);
    });
}

function answerOf(request: Xhr): Response {
  const lines = request
    .getAllResponseHeaders()
    .trim()
    .split(/[\r\n]+/);
  const headers = lines.filter(Boolean).map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const { status, statusText } = request;
  const body = [204, 205, 304].includes(status) ? null : (request.response as Blob);
  return new Response(body, { status, statusText, headers });
}

/** The same file, which tells how many of its bytes were read each time it is read from the start. */
export class CountedFile extends File {
  readonly #onRead: (bytes: number) => void;

  constructor(file: File, onRead: (bytes: number) => void) {
    super([file], file.name, { type: file.type, lastModified: file.lastModified });
    this.#onRead = onRead;
  }

  override stream(): ReturnType<File['stream']> {
    let bytes = 0;
    this.#onRead(0);
    const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform: (chunk, controller) => {
        bytes += chunk.byteLength;
        this.#onRead(bytes);
        controller.enqueue(chunk);
      },
    });
    return super.stream().pipeThrough(counter) as ReturnType<File['stream']>;
  }
}
