import assert from 'node:assert/strict';

export interface Answer<Body> {
  status: number;
  headers: Headers;
  body: Body;
}

/**
 * What the React app does in a browser: it runs on another origin, keeps its token in localStorage, sends its own
 * headers, and may read an answer only where CORS lets it. Each call is preceded by the preflight a browser sends.
 */
export class ClinicalClient {
  #token: string | undefined;
  #userId: string | undefined;

  constructor(
    private readonly url: string,
    readonly origin: string,
  ) {}

  async signIn(email: string, password: string) {
    const answer = await this.json<{
      token: string;
      user: { id: string; name: string; email: string; is_admin: boolean };
    }>('POST', '/auth/login/', { email, password });
    this.#token = answer.body.token;
    this.#userId = answer.body.user.id;
    return answer;
  }

  get userId(): string {
    return this.#userId ?? '';
  }

  json<Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>> {
    const json = body === undefined ? undefined : JSON.stringify(body);
    return this.#send(method, path, json, { 'Content-Type': 'application/json' });
  }

  upload<Body>(path: string, field: string, files: readonly File[]): Promise<Answer<Body>> {
    const form = new FormData();
    for (const file of files) form.append(field, file);
    return this.#send('POST', path, form, {});
  }

  /** As an `<img>` loads it: without any credentials, through redirects, and only if no hop forbids other origins. */
  async show(url: string): Promise<{ type: string | null; bytes: Buffer }> {
    for (let address = url, hops = 0; hops < 5; hops += 1) {
      const response = await fetch(address, {
        redirect: 'manual',
        headers: { Referer: `${this.origin}/`, 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' },
      });
      assert.equal(response.headers.get('Cross-Origin-Resource-Policy'), 'cross-origin', address);
      assert.equal(response.headers.get('Set-Cookie'), null);
      const next = response.headers.get('Location');
      if (response.status === 302 && next !== null) {
        address = new URL(next, address).href;
        continue;
      }
      assert.equal(response.status, 200, address);
      const bytes = Buffer.from(await response.arrayBuffer());
      return { type: response.headers.get('Content-Type'), bytes };
    }
    throw new Error(`${url} leads from one address to the next`);
  }

  async #send<Body>(
    method: string,
    path: string,
    body: string | FormData | undefined,
    type: Record<string, string>,
  ): Promise<Answer<Body>> {
    const own = {
      ...type,
      ...(this.#token !== undefined && { Authorization: `Bearer ${this.#token}` }),
      'X-CSRFToken': 'none',
      'X-Requested-With': 'XMLHttpRequest',
      ...(this.#userId !== undefined && { 'X-User-ID': this.#userId }),
    };
    await this.#preflight(method, path, Object.keys(own));
    const response = await fetch(this.url + path, {
      method,
      headers: { ...own, Origin: this.origin },
      body: body ?? null,
    });
    this.#mayRead(response.headers);
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  }

  async #preflight(method: string, path: string, names: readonly string[]): Promise<void> {
    const { status, headers } = await fetch(this.url + path, {
      method: 'OPTIONS',
      headers: {
        Origin: this.origin,
        'Access-Control-Request-Method': method,
        'Access-Control-Request-Headers': names.join(',').toLowerCase(),
      },
    });
    assert.equal(status, 204, `preflight of ${path}`);
    this.#mayRead(headers);
    const list = (name: string) => (headers.get(name) ?? '').toLowerCase().split(/\s*,\s*/);
    assert.ok(list('Access-Control-Allow-Methods').includes(method.toLowerCase()), method);
    for (const name of names) assert.ok(list('Access-Control-Allow-Headers').includes(name.toLowerCase()), name);
  }

  #mayRead(headers: Headers): void {
    assert.equal(headers.get('Access-Control-Allow-Origin'), this.origin);
    assert.equal(headers.get('Access-Control-Allow-Credentials'), null);
    assert.match(headers.get('Vary') ?? '', /\bOrigin\b/);
  }
}
