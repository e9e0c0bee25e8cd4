import assert from 'node:assert/strict';
import { addressBlock } from '../../src/features/auth/call-limits.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { exampleRouter } from './example-router.js';

describe('Rate limit', () => {
  let first: TestServer;
  let second: TestServer;
  const env = { RATE_LIMIT_PER_MINUTE: '5', TRUST_PROXY: 'true' };
  before(async () => {
    first = await startTestServer({ router: exampleRouter, env });
    second = await startTestServer({ router: exampleRouter, env, sharing: first });
  });
  after(async () => {
    await second.stop();
    await first.stop();
  });

  const call = (server: TestServer, ip: string, path = '/echo/1') =>
    server.api('GET', path, { headers: { 'X-Forwarded-For': ip } });

  it('is one for all API processes, and says what is left', async () => {
    const left: (string | null)[] = [];
    for (const server of [first, second, first, second, first]) {
      const { status, headers } = await call(server, '192.0.2.1');
      assert.equal(status, 200);
      assert.equal(headers.get('RateLimit-Limit'), '5');
      assert.equal(headers.get('RateLimit-Policy'), '5;w=60');
      assert.ok(Number(headers.get('RateLimit-Reset')) >= 1);
      left.push(headers.get('RateLimit-Remaining'));
    }
    assert.deepEqual(left, ['4', '3', '2', '1', '0']);
    for (const server of [first, second, second]) {
      const { status, headers, body } = await call(server, '192.0.2.1');
      assert.equal(status, 429);
      assert.equal(body.code, 'too_many');
      assert.equal(headers.get('RateLimit-Remaining'), '0');
      const wait = Number(headers.get('Retry-After'));
      assert.ok(wait >= 1 && wait <= 60, `${wait} s`);
    }
  });

  it('counts each address by itself', async () => {
    assert.equal((await call(first, '192.0.2.2')).headers.get('RateLimit-Remaining'), '4');
  });

  it('believes what the proxy says, and not what stands before', async () => {
    for (const claimed of ['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4', '5.5.5.5']) {
      await call(first, `${claimed}, 192.0.2.3`);
    }
    assert.equal((await call(first, '6.6.6.6, 192.0.2.3')).status, 429);
  });

  it('covers REST, tRPC and unknown addresses alike', async () => {
    for (const path of ['/trpc/echo.stats', '/echo/1', '/nowhere', '/docs', '/openapi.json']) {
      await call(first, '192.0.2.4', path);
    }
    const native = await call(first, '192.0.2.4', '/trpc/echo.stats');
    assert.equal(native.status, 429);
  });

  it('counts every call of a tRPC batch', async () => {
    const batch = (ip: string, comma: string) =>
      call(first, ip, `/trpc/${['echo.stats', 'echo.stats', 'echo.stats'].join(comma)}?batch=1&input={}`);
    for (const [ip, comma] of [
      ['192.0.2.7', ','],
      ['192.0.2.8', '%2C'],
    ] as const) {
      const { status, headers } = await batch(ip, comma);
      assert.equal(status, 200);
      assert.equal(headers.get('RateLimit-Remaining'), '2');
      assert.equal((await batch(ip, comma)).status, 429);
    }
  });

  it('spares probes and signed addresses', async () => {
    const { storage } = first.services;
    const { Readable } = await import('node:stream');
    await storage.put('test/object', Readable.from(['picture']), 'image/png');
    const signed = new URL(
      await storage.signedGetUrl('test/object', { contentType: 'image/png', expiresInSeconds: 60 }),
    );
    for (const path of ['/health', '/livez', '/readyz', signed.pathname + signed.search]) {
      for (let times = 0; times < 7; times++) {
        const { status, headers } = await call(first, '192.0.2.5', path);
        assert.equal(status, 200, path);
        assert.equal(headers.get('RateLimit-Limit'), null);
      }
    }
  });

  it('is not there when set to 0', async () => {
    const unlimited = await startTestServer({ router: exampleRouter, sharing: first });
    const { status, headers } = await unlimited.api('GET', '/echo/1');
    await unlimited.stop();
    assert.equal(status, 200);
    assert.equal(headers.get('RateLimit-Limit'), null);
  });

  it('counts in memory while the database is away', async () => {
    await first.db.schema.renameTable('rate_limits', 'rate_limits_away');
    try {
      assert.equal((await call(first, '192.0.2.6')).headers.get('RateLimit-Remaining'), '4');
      assert.equal((await call(first, '192.0.2.6')).headers.get('RateLimit-Remaining'), '3');
    } finally {
      await first.db.schema.renameTable('rate_limits_away', 'rate_limits');
    }
  });

  it('takes an IPv6 network for one caller', () => {
    assert.equal(addressBlock('2001:db8:1:2:3:4:5:6'), addressBlock('2001:db8:1:2::9'));
    assert.notEqual(addressBlock('2001:db8:1:2::9'), addressBlock('2001:db8:1:3::9'));
    assert.equal(addressBlock('::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(addressBlock('x'.repeat(10_000)).length, 64);
  });
});
