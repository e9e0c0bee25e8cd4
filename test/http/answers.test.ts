import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { v7 as uuidv7 } from 'uuid';
import { DatasetRequest } from '../../models/dataset-request.js';
import { startTestServer, type TestServer } from '../support/server.js';

describe('answers', () => {
  let server: TestServer;
  let token: string;
  before(async () => {
    server = await startTestServer();
    const { token: his, user } = await server.signUp();
    token = his;
    const rows = Array.from({ length: 20 }, (_, index) => ({
      id: uuidv7(),
      ownerId: user.id,
      title: `Signs ${index}`,
      description: 'x'.repeat(200),
      classes: [],
    }));
    await DatasetRequest.query(server.db).insert(rows);
  });
  after(() => server.stop());

  /** As it comes over the line. */
  async function raw(path: string, headers: Record<string, string>) {
    const call = httpRequest(server.url + path, { headers: { Authorization: `Bearer ${token}`, ...headers } }).end();
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    const body = Buffer.concat((await answer.toArray()) as Buffer[]);
    return { status: answer.statusCode, headers: answer.headers, body };
  }

  it('are compressed for whoever takes that, on both faces', async () => {
    for (const path of ['/requests', '/trpc/requests.list?input={}']) {
      const plain = await raw(path, {});
      const brotli = await raw(path, { 'Accept-Encoding': 'gzip, br' });
      const gzip = await raw(path, { 'Accept-Encoding': 'gzip' });
      const none = await raw(path, { 'Accept-Encoding': 'identity' });
      assert.equal(brotli.headers['content-encoding'], 'br', path);
      assert.equal(gzip.headers['content-encoding'], 'gzip');
      for (const { headers } of [plain, none]) assert.equal(headers['content-encoding'], undefined);
      assert.deepEqual(brotliDecompressSync(brotli.body), plain.body);
      assert.deepEqual(gunzipSync(gzip.body), plain.body);
      assert.ok(brotli.body.length < plain.body.length / 4);
      for (const { headers } of [plain, brotli, gzip]) {
        assert.match(headers.vary ?? '', /accept-encoding/i);
        assert.match(headers['content-type'] ?? '', /^application\/json/);
      }
    }
  });

  it('are not compressed where they are small, or may hold a secret', async () => {
    const headers = { 'Accept-Encoding': 'gzip, br' };
    assert.equal((await raw('/livez', headers)).headers['content-encoding'], undefined);
    for (let index = 0; index < 12; index += 1) {
      await server.api('POST', '/auth/tokens', { token, json: { name: `import ${index}${'x'.repeat(80)}` } });
    }
    for (const path of ['/auth/tokens', '/api/auth/tokens/', '/trpc/tokens.list?input={}']) {
      const { headers: said, body } = await raw(path, headers);
      assert.ok(body.length > 1400);
      assert.equal(said['content-encoding'], undefined, path);
    }
  });

  it('say 304 to whoever has that version, until it changes', async () => {
    const first = await raw('/requests?limit=5', {});
    const tag = String(first.headers.etag);
    assert.match(tag, /^W\/"/);
    const same = await raw('/requests?limit=5', { 'If-None-Match': `"other", ${tag}`, 'Accept-Encoding': 'br' });
    assert.deepEqual([same.status, same.body.length, same.headers.etag], [304, 0, tag]);
    assert.equal(same.headers['x-total-count'], '20');
    await server.api('POST', '/requests', { token, json: { title: 'Another' } });
    const changed = await raw('/requests?limit=5', { 'If-None-Match': tag });
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.etag, tag);
    const byTrpc = '/trpc/requests.list?input=%7B%22limit%22%3A5%7D';
    const typed = await raw(byTrpc, {});
    assert.equal((await raw(byTrpc, { 'If-None-Match': String(typed.headers.etag) })).status, 304);
    const stranger = await server.signUp();
    const answer = await server.api('GET', '/requests?limit=5', {
      token: stranger.token,
      headers: { 'If-None-Match': tag },
    });
    assert.equal(answer.status, 200);
  });

  it('tell problems as RFC 9457 has it to whoever asks', async () => {
    const accept = { Accept: 'application/problem+json, application/json' };
    const { status, headers, body } = await server.api<string>('POST', '/requests', {
      token,
      json: {},
      headers: accept,
    });
    assert.equal(status, 400);
    assert.match(headers.get('Content-Type') ?? '', /^application\/problem\+json/);
    const { detail, errors, request_id, ...problem } = JSON.parse(body) as Record<string, unknown>;
    assert.deepEqual(problem, { type: 'about:blank', title: 'Bad Request', status: 400, code: 'invalid' });
    assert.ok(detail && errors && request_id === headers.get('X-Request-Id'));
    const plain = await server.api('POST', '/requests', { token, json: {} });
    assert.match(plain.headers.get('Content-Type') ?? '', /^application\/json/);
    assert.ok(plain.body.message);
  });
});
