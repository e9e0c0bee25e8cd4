import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { startTestServer, type TestServer } from '../support/server.js';
import { exampleRouter } from './example-router.js';

const ORIGIN = 'http://localhost:5173';

describe('What browsers are told', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      router: exampleRouter,
      env: { CORS_ORIGINS: `${ORIGIN}, http://localhost:8501`, PUBLIC_URL: 'http://assay.example:8080' },
    });
  });
  after(() => server.stop());

  const preflight = (path: string, origin = ORIGIN) =>
    server.api('OPTIONS', path, {
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'PUT',
        'Access-Control-Request-Headers': 'authorization,content-type,x-csrftoken,x-requested-with,x-user-id',
      },
    });

  describe('about other origins', () => {
    for (const path of ['/things/Signs', '/trpc/things.create', '/storage/some/key', '/nowhere']) {
      it(`lets a configured one call ${path}`, async () => {
        const { status, headers } = await preflight(path);
        assert.equal(status, 204);
        assert.equal(headers.get('Access-Control-Allow-Origin'), ORIGIN);
        assert.match(headers.get('Access-Control-Allow-Methods') ?? '', /PUT.*PATCH.*DELETE/);
        const allowed = headers.get('Access-Control-Allow-Headers')?.toLowerCase().split(',');
        for (const name of ['authorization', 'content-type', 'x-csrftoken', 'x-requested-with', 'x-user-id']) {
          assert.ok(allowed?.includes(name), name);
        }
      });
    }

    it('lets no other one, and never all', async () => {
      for (const origin of ['http://evil.example', 'null', 'http://localhost:51730', `${ORIGIN}.evil.example`]) {
        const { headers } = await preflight('/things/Signs', origin);
        assert.equal(headers.get('Access-Control-Allow-Origin'), null, origin);
        const answer = await server.api('GET', '/echo/1', { headers: { Origin: origin } });
        assert.equal(answer.headers.get('Access-Control-Allow-Origin'), null, origin);
      }
    });

    it('lets a page read answers, errors among them, and the headers it needs', async () => {
      for (const path of ['/echo/1', '/fail/conflict', '/fail/internal', '/nowhere']) {
        const { headers } = await server.api('GET', path, { headers: { Origin: ORIGIN } });
        assert.equal(headers.get('Access-Control-Allow-Origin'), ORIGIN, path);
        assert.equal(headers.get('Access-Control-Allow-Credentials'), null);
        const exposed = headers.get('Access-Control-Expose-Headers')?.split(',');
        assert.ok(
          ['X-Total-Count', 'Link', 'X-Request-Id', 'Retry-After', 'ETag'].every((name) => exposed?.includes(name)),
        );
        assert.match(headers.get('Vary') ?? '', /Origin/);
      }
    });
  });

  it('are told to run nothing, to sniff nothing, and to stay on plain HTTP where that is used', async () => {
    for (const path of ['/echo/1', '/fail/internal', '/trpc/echo.stats', '/nowhere', '/health']) {
      const { headers } = await server.api('GET', path);
      assert.equal(headers.get('Content-Security-Policy'), "default-src 'none';frame-ancestors 'none'", path);
      assert.equal(headers.get('X-Content-Type-Options'), 'nosniff');
      assert.equal(headers.get('Cross-Origin-Resource-Policy'), 'cross-origin');
      assert.equal(headers.get('Strict-Transport-Security'), null);
    }
  });

  describe('by the docs page', () => {
    for (const path of ['/docs', '/docs/', '/api/docs']) {
      it(`is HTML at ${path} that runs and loads local files alone`, async () => {
        const { status, headers, body } = await server.api<string>('GET', path);
        assert.equal(status, 200);
        assert.equal(headers.get('Content-Type'), 'text/html; charset=utf-8');
        const addresses = [...body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address!);
        assert.ok(addresses.length >= 4);
        for (const address of addresses) {
          assert.match(address, /^\/docs\//);
          const asset = await fetch(server.url + address);
          assert.equal(asset.status, 200, address);
          assert.ok((await asset.arrayBuffer()).byteLength > 100);
        }
        assert.doesNotMatch(body, /<script(?![^>]*\bsrc=)|\son\w+=/, 'no inline script');
      });
    }

    it('may call this service, under the name it was opened by, and nobody else', async () => {
      const { headers } = await server.api('GET', '/docs');
      const policy = headers.get('Content-Security-Policy') ?? '';
      assert.match(policy, /script-src 'self';/);
      assert.match(policy, /connect-src 'self';/);
      assert.doesNotMatch(policy, /upgrade-insecure-requests|unsafe-eval|\*/);
    });

    it('keeps its access token and points at the document', async () => {
      const { headers, body } = await server.api<string>('GET', '/docs/start.js');
      assert.match(headers.get('Content-Type') ?? '', /^text\/javascript/);
      assert.match(body, /url: '\/openapi\.json'/);
      assert.match(body, /persistAuthorization: true/);
      const settings: { requestInterceptor: (request: { url: string }) => { url: string } }[] = [];
      runInNewContext(body, {
        SwaggerUIBundle: (given: (typeof settings)[0]) => settings.push(given),
        location: { origin: 'http://127.0.0.1:8000' },
      });
      const { url } = settings[0]!.requestInterceptor({ url: 'http://assay.example:8080/tasks?limit=1' });
      assert.equal(url, 'http://127.0.0.1:8000/tasks?limit=1');
    });

    it('serves no other file of the package', async () => {
      for (const path of [
        '/docs/package.json',
        '/docs/index.html',
        '/docs/../package.json',
        '/docs/%2e%2e/package.json',
      ]) {
        assert.equal((await server.api('GET', path)).status, 404, path);
      }
    });
  });
});
