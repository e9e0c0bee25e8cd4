import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { router, publicProcedure } from '../../src/trpc/procedures.js';
import { restRoutes } from '../../src/http/rest-routes.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { abandoned, exampleRouter } from './example-router.js';

describe('REST bridge', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ router: exampleRouter });
  });
  after(() => server.stop());

  /** Sends exactly what it is told, as `fetch` would not. */
  async function send(method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer) {
    const sent = request(server.url + path, { method, headers });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
    return { status: response.statusCode, headers: response.headers, text: await text(response) };
  }

  describe('addresses', () => {
    for (const path of ['/echo/7', '/echo/7/', '/api/echo/7', '/api/echo/7/']) {
      it(`answers at ${path}`, async () => {
        assert.deepEqual((await server.api('GET', path)).body, { id: '7' });
      });
    }

    it('answers at an alias', async () => {
      const { status, body } = await server.api('PUT', '/api/things/Signs/');
      assert.equal(status, 201);
      assert.equal(body.title, 'Signs');
    });

    it('prefers a static path to a parameter', async () => {
      assert.deepEqual((await server.api('GET', '/echo/stats')).body, { stats: true });
    });

    it('decodes path parameters', async () => {
      assert.deepEqual((await server.api('GET', '/echo/a%2Fb%20%C3%BC%2B+')).body, { id: 'a/b ü++' });
    });

    it('takes a malformed escape for what it is', async () => {
      assert.deepEqual((await server.api('GET', '/echo/%zz')).body, { id: '%zz' });
    });

    it('answers 404 in the one shape elsewhere', async () => {
      for (const path of ['/nowhere', '/apiecho/7', '/echo', '/echo/7/8', '//echo/7']) {
        const { status, body } = await server.api('GET', path);
        assert.equal(status, 404, path);
        assert.equal(body.code, 'not_found');
        assert.equal(body.message, body.detail);
      }
    });

    it('answers HEAD as GET without a body', async () => {
      const { status, headers, text } = await send('HEAD', '/echo/7');
      assert.equal(status, 200);
      assert.equal(headers['content-length'], String('{"id":"7"}'.length));
      assert.equal(text, '');
    });

    it('answers 405 with Allow to a method that is not there', async () => {
      const { status, headers, body } = await server.api('DELETE', '/api/echo/7/');
      assert.equal(status, 405);
      assert.equal(headers.get('Allow'), 'HEAD, GET, POST, OPTIONS');
      assert.equal(body.code, 'method_not_allowed');
    });

    it('tells the methods on OPTIONS', async () => {
      const { status, headers } = await server.api('OPTIONS', '/echo/7');
      assert.equal(status, 204);
      assert.equal(headers.get('Allow'), 'HEAD, GET, POST, OPTIONS');
    });

    it('refuses to start when two procedures claim one address', () => {
      const claim = (path: `/${string}`) => publicProcedure.meta({ openapi: { method: 'GET', path } }).query(() => 1);
      assert.throws(
        () => restRoutes(router({ a: claim('/x/{id}'), b: claim('/api/x/{name}/') })),
        /both answer at GET/,
      );
    });
  });

  describe('input', () => {
    it('lets path win over body and body over query', async () => {
      const { body } = await server.api('POST', '/echo/path?id=query&text=query', {
        json: { id: 'body', text: 'body' },
      });
      assert.deepEqual(body, { id: 'path', text: 'body' });
    });

    it('reads numbers, booleans and lists from a query', async () => {
      const { body } = await server.api('GET', '/echo/7?n=1.5&flag=false&tags=a&tags=b');
      assert.deepEqual(body, { id: '7', n: 1.5, flag: false, tags: ['a', 'b'] });
    });

    it('takes a list of one for a list', async () => {
      assert.deepEqual((await server.api('GET', '/echo/7?tags=a')).body, { id: '7', tags: ['a'] });
    });

    it('names the field when a single value is repeated', async () => {
      const { status, body } = await server.api('GET', '/echo/7?q=a&q=b');
      assert.equal(status, 400);
      assert.deepEqual(Object.keys(body.errors as object), ['q']);
    });

    it('coerces nothing in a JSON body, however often it was called', async () => {
      for (const attempt of [1, 2]) {
        const { status, body } = await server.api('POST', '/strict', { json: { n: null, flag: 'false' } });
        assert.equal(status, 400, `attempt ${attempt}`);
        assert.deepEqual(Object.keys(body.errors as object), ['n', 'flag']);
      }
    });

    it('takes a POST without a body for an empty object', async () => {
      assert.equal((await send('POST', '/echo/7')).text, '{"id":"7","text":"none"}');
      assert.equal((await send('POST', '/echo/7', { 'Content-Length': '0' })).status, 200);
      const typed = { 'Content-Type': 'application/json', 'Content-Length': '0' };
      assert.equal((await send('POST', '/echo/7', typed)).status, 200);
    });

    it('takes JSON with a charset, and chunked', async () => {
      const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Transfer-Encoding': 'chunked' };
      assert.equal((await send('POST', '/echo/7', headers, '{"text":"ü"}')).text, '{"id":"7","text":"ü"}');
    });

    it('answers 415 to a body of another type', async () => {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
        const { status, text } = await send('POST', '/echo/7', { 'Content-Type': type }, 'a=b');
        assert.equal(status, 415, type);
        assert.equal((JSON.parse(text) as { code: string }).code, 'unsupported_media_type');
      }
    });

    for (const body of ['{"text":', '"text"', 'null', '[]', '[{"text":"a"}]', '7', '{"text":"\u0000']) {
      it(`answers 400 to the body ${JSON.stringify(body)}`, async () => {
        const { status, text } = await send('POST', '/echo/7', { 'Content-Type': 'application/json' }, body);
        assert.equal(status, 400);
        assert.deepEqual(Object.keys((JSON.parse(text) as { errors: object }).errors), ['body']);
      });
    }

    it('takes strings up to the limit and answers 413 beyond', async () => {
      const { status, body } = await server.api('POST', '/echo/7', { json: { text: 'x'.repeat(1_000_000) } });
      assert.equal(status, 200);
      assert.equal((body.text as string).length, 1_000_000);
      const refused = await server.api('POST', '/echo/7', { json: { text: 'x'.repeat(1024 * 1024) } });
      assert.equal(refused.status, 413);
      assert.equal(refused.body.code, 'too_large');
    });

    it('unpacks a compressed body no further than the limit', async () => {
      const { gzipSync } = await import('node:zlib');
      const bomb = gzipSync(JSON.stringify({ text: 'x'.repeat(50_000_000) }));
      const headers = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' };
      assert.equal((await send('POST', '/echo/7', headers, bomb)).status, 413);
      assert.equal((await send('POST', '/echo/7', headers, gzipSync('{"text":"a"}'))).text, '{"id":"7","text":"a"}');
      assert.equal((await send('POST', '/echo/7', headers, 'not gzip')).status, 400);
      assert.equal((await send('POST', '/echo/7', { ...headers, 'Content-Encoding': 'lzma' }, 'x')).status, 415);
    });

    it('refuses deep nesting and goes on', async () => {
      const deep = `{"any":${'['.repeat(400_000)}${']'.repeat(400_000)}}`;
      const { status, text } = await send('POST', '/echo/7', { 'Content-Type': 'application/json' }, deep);
      assert.equal(status, 400);
      assert.match(text, /nested/);
      const shallow = await server.api('POST', '/echo/7', { json: { any: [[[['fine']]]] } });
      assert.deepEqual(shallow.body.any, [[[['fine']]]]);
    });

    it('is not polluted by hostile keys', async () => {
      const json = { 'Content-Type': 'application/json' };
      const poisoned = await send('POST', '/loose', json, '{"__proto__":{"polluted":true}}');
      assert.equal(poisoned.status, 400);
      const query = await send('POST', '/loose?__proto__=x&constructor=y&a=z&__proto__[polluted]=1');
      const { keys, polluted } = JSON.parse(query.text) as { keys: string[]; polluted: boolean };
      assert.equal(polluted, false);
      assert.ok(keys.includes('a'));
      assert.equal((await server.api('GET', '/echo/__proto__?__proto__=x&hasOwnProperty=1')).status, 200);
    });
  });

  describe('output', () => {
    it('answers 201 where something was made, with dates as ISO 8601', async () => {
      const { status, headers, body } = await server.api('POST', '/things', { json: { title: 'Signs' } });
      assert.equal(status, 201);
      assert.equal(headers.get('Content-Type'), 'application/json; charset=utf-8');
      assert.deepEqual(body, { id: '1', title: 'Signs', created_at: '1970-01-01T00:00:00.000Z' });
    });

    it('answers 204 where there is nothing to say', async () => {
      const { status, body } = await server.api('POST', '/things/1/touch');
      assert.equal(status, 204);
      assert.equal(body, '');
    });

    it('forbids caches to keep answers', async () => {
      assert.equal((await server.api('GET', '/echo/7')).headers.get('Cache-Control'), 'no-store');
      assert.equal((await server.api('GET', '/fail/conflict')).headers.get('Cache-Control'), 'no-store');
    });
  });

  it('tells the procedure when the client has left', async () => {
    const started = new Promise<void>((resolve) => (abandoned.started = resolve));
    const noticed = new Promise<void>((resolve) => (abandoned.noticed = resolve));
    const leaving = new AbortController();
    const call = fetch(`${server.url}/waiting`, { signal: leaving.signal });
    await started;
    leaving.abort();
    await assert.rejects(call, { name: 'AbortError' });
    await noticed;
  });
});
