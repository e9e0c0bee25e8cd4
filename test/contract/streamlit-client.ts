import assert from 'node:assert/strict';

type Json = Record<string, unknown>;

interface PresignedUpload {
  filename: string;
  url: string;
  method: string;
  headers: Record<string, string>;
  key: string;
}

/** What a REST call answered: the client tells 2xx from the rest and shows `detail` or `message`. */
export interface Answer<Body = Json> {
  status: number;
  body: Body;
}

/**
 * Calls the service the way the Streamlit UI does: plain REST on paths without prefix or trailing slash, JSON or a
 * form, no cookies, POSTs without a body where there is nothing to say.
 */
export class StreamlitClient {
  #token: string | undefined;
  role: string | undefined;

  constructor(readonly backendUrl: string) {}

  /** The first address of the UI's list that answers. */
  async health(): Promise<Answer> {
    for (const path of ['/health', '/_health', '/api/health', '/docs']) {
      const answer = await this.#call('GET', path).catch(() => undefined);
      if (answer && answer.status < 400) return answer;
    }
    throw new Error('No health answer');
  }

  async login(username: string, password: string): Promise<Answer> {
    const answer = await this.#call('POST', '/auth/login', { username, password });
    if (answer.status === 200) {
      this.#token = (answer.body.access_token ?? answer.body.token) as string;
      this.role = answer.body.role as string;
    }
    return answer;
  }

  createRequest = (request: { title: string; description: string; classes: string[] }) =>
    this.#call('POST', '/requests', request);

  requests = () => this.#call<Json[]>('GET', '/requests');

  uploads = (requestId: string) => this.#call<Json[]>('GET', `/requests/${requestId}/uploads`);

  upload(requestId: string, files: Record<string, Buffer>): Promise<Answer> {
    const form = new FormData();
    for (const [name, bytes] of Object.entries(files)) form.append('files', new File([new Uint8Array(bytes)], name));
    return this.#call('POST', `/requests/${requestId}/uploads`, form);
  }

  /** Presigned mode: each file goes to its address with exactly the returned headers, then all are reported. */
  async uploadPresigned(requestId: string, files: { filename: string; bytes: Buffer }[]): Promise<Answer> {
    const presigned = await this.#call<{ uploads: PresignedUpload[] }>('POST', '/uploads/presign', {
      request_id: requestId,
      files: files.map(({ filename }) => ({ filename, content_type: 'image/jpeg' })),
    });
    assert.equal(presigned.status, 200, JSON.stringify(presigned.body));
    const uploaded = [];
    for (const [index, { filename, url, method, headers, key }] of presigned.body.uploads.entries()) {
      const bytes = files[index]?.bytes ?? Buffer.alloc(0);
      const put = await fetch(url, { method, headers, body: new Uint8Array(bytes) });
      assert.ok(put.ok, `PUT answered ${put.status}: ${await put.text()}`);
      uploaded.push({ filename, key, etag: put.headers.get('ETag') });
    }
    return this.#call('POST', '/uploads/complete', { request_id: requestId, uploaded });
  }

  runQc = (requestId: string) => this.#call('POST', `/requests/${requestId}/qc/run`);

  qcResults = (requestId: string) => this.#call<Json[]>('GET', `/requests/${requestId}/qc/results`);

  tasks = () => this.#call<Json[]>('GET', '/tasks');

  task = (taskId: string) =>
    this.#call<Json & { classes: string[]; images: { image_id: string; url: string }[] }>('GET', `/tasks/${taskId}`);

  saveLabels = (taskId: string, imageId: string, labels: string[]) =>
    this.#call('POST', `/tasks/${taskId}/labels`, { image_id: imageId, labels });

  progress = (taskId: string) => this.#call('GET', `/tasks/${taskId}/progress`);

  completeTask = (taskId: string) => this.#call('POST', `/tasks/${taskId}/complete`);

  adminUsers = () => this.#call<Json[]>('GET', '/admin/users');

  adminRequests = () => this.#call<Json[]>('GET', '/admin/requests');

  adminTasks = () => this.#call<Json[]>('GET', '/admin/tasks');

  settings = () => this.#call('GET', '/admin/settings');

  assign = (requestId: string, labelerUsername: string) =>
    this.#call('POST', '/admin/assign', { request_id: requestId, labeler_username: labelerUsername });

  async #call<Body = Json>(method: string, path: string, body?: Json | FormData): Promise<Answer<Body>> {
    const isJson = body !== undefined && !(body instanceof FormData);
    const response = await fetch(this.backendUrl + path, {
      method,
      headers: {
        ...(isJson && { 'Content-Type': 'application/json' }),
        ...(this.#token !== undefined && { Authorization: `Bearer ${this.#token}` }),
      },
      body: isJson ? JSON.stringify(body) : body,
      signal: AbortSignal.timeout(20_000),
    });
    return { status: response.status, body: (await response.json()) as Body };
  }
}
