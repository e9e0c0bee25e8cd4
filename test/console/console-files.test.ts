import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import Koa from 'koa';
import { consoleFiles } from '../../src/http/console-files.js';
import { S3Storage } from '../../src/storage/s3-storage.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { builtConsole } from './browser.js';

const MOST_SCRIPT_BYTES = 150_000;

describe('The files of the console', function () {
  this.timeout(60_000);
  let server: TestServer;
  let folder: string;
  let page: string;
  before(async () => {
    folder = await builtConsole();
    server = await startTestServer();
    page = await readFile(join(folder, 'index.html'), 'utf8');
  });
  after(() => server.stop());

  const raw = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(server.url + path, { method, headers, redirect: 'manual' });
  const assets = () => [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!);

  for (const path of ['/', '/app', '/app/requests/01941f29-7c00-7000-8000-000000000000/results', '/app/no/such.page']) {
    it(`are one page at ${path}, asked for anew each time`, async () => {
      const answer = await raw(path, { 'Accept-Encoding': 'identity' });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('Content-Type'), 'text/html; charset=utf-8');
      assert.equal(answer.headers.get('Cache-Control'), 'no-cache');
      assert.equal(await answer.text(), page);
    });
  }

  it('leave every other address to the service', async () => {
    for (const [path, status] of [
      ['/requests', 401],
      ['/api/requests', 401],
      ['/tasks', 401],
      ['/trpc/auth.me', 401],
      ['/health', 200],
      ['/docs', 200],
      ['/openapi.json', 200],
      ['/pictures/x/preview', 404],
      ['/assets/none.js', 404],
      ['/index.html.br', 404],
      ['/assets/../../package.json', 404],
      ['/assets/%2e%2e/%2e%2e/package.json', 404],
      ['/application', 404],
    ] as const) {
      const answer = await raw(path, { Accept: 'text/html' });
      assert.equal(answer.status, status, path);
      assert.doesNotMatch(await answer.text(), /<div id="root">/, path);
    }
    assert.equal((await raw('/app', {}, 'POST')).status, 404);
  });

  it('are kept by browsers for good where their name tells their content, and not asked for twice where not', async () => {
    assert.ok(assets().length >= 2);
    for (const path of assets()) {
      assert.equal((await raw(path)).headers.get('Cache-Control'), 'public, max-age=31536000, immutable');
    }
    const { headers } = await raw('/', { 'Accept-Encoding': 'gzip' });
    const call = get(server.url, {
      headers: { 'If-None-Match': headers.get('ETag') ?? '', 'Accept-Encoding': 'gzip' },
    });
    const [again] = (await once(call, 'response')) as [IncomingMessage];
    again.resume();
    assert.equal(again.statusCode, 304);
  });

  it('travel compressed the way the browser takes them', async () => {
    const path = assets().find((address) => address.endsWith('.js'))!;
    const plain = Buffer.from(await (await raw(path, { 'Accept-Encoding': 'identity' })).arrayBuffer());
    assert.deepEqual(plain, await readFile(join(folder, path)));
    for (const [coding, unpack] of [
      ['br', brotliDecompressSync],
      ['gzip', gunzipSync],
    ] as const) {
      const answer = await raw(path, { 'Accept-Encoding': coding }, 'HEAD');
      assert.equal(answer.headers.get('Content-Encoding'), coding);
      assert.match(answer.headers.get('Vary') ?? '', /Accept-Encoding/);
      assert.equal(answer.headers.get('Content-Type'), 'text/javascript; charset=utf-8');
      const packed = await readFile(join(folder, `${path}.${coding === 'br' ? 'br' : 'gz'}`));
      assert.equal(Number(answer.headers.get('Content-Length')), packed.length);
      assert.deepEqual(unpack(packed), plain);
    }
  });

  it('are there for as long as the service runs, whatever becomes of dist/', async () => {
    const own = await mkdtemp(join(tmpdir(), 'assay-console-'));
    await cp(folder, own, { recursive: true });
    const storage = S3Storage.open('s3://bucket?endpoint=https://s3.example');
    const listening = new Koa().use(consoleFiles(own, { config: { publicUrl: 'http://x' }, storage })).listen(0);
    await once(listening, 'listening');
    await rm(own, { recursive: true });
    const address = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
    const environment = { ...process.env };
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' });
    try {
      assert.equal(await (await fetch(address)).text(), page);
      for (const path of assets()) {
        const answer = await fetch(address + path);
        assert.deepEqual(Buffer.from(await answer.arrayBuffer()), await readFile(join(folder, path)), path);
      }
    } finally {
      process.env = environment;
      listening.close();
    }
  });

  it('run only what the service itself serves', async () => {
    const policy = (await raw('/')).headers.get('Content-Security-Policy') ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self';/);
    assert.match(policy, /connect-src 'self';/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.doesNotMatch(page, /<script(?![^>]*\bsrc=)|\son\w+=|<style/, 'nothing inline');
    assert.doesNotMatch(page, /https?:\/\//, 'nothing from elsewhere');
  });

  for (const [url, origin] of [
    ['endpoint=http://minio:9000&region=x&public_endpoint=https://pictures.example', 'https://pictures.example'],
    ['endpoint=https://s3.example&path_style=false', 'https://bucket.s3.example'],
    ['region=eu-central-1', 'https://bucket.s3.eu-central-1.amazonaws.com'],
    ['region=eu-central-1&path_style=true', 'https://s3.eu-central-1.amazonaws.com'],
  ] as const) {
    it(`may show pictures from where storage serves them (${url})`, async () => {
      const storage = S3Storage.open(`s3://bucket?${url}`);
      const environment = { ...process.env };
      Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' });
      const app = new Koa().use(consoleFiles(folder, { config: { publicUrl: undefined }, storage }));
      const listening = app.listen(0, '127.0.0.1');
      await once(listening, 'listening');
      const { headers } = await fetch(`http://127.0.0.1:${(listening.address() as AddressInfo).port}/`);
      process.env = environment;
      listening.close();
      const [, sources = ''] = /img-src ([^;]*)/.exec(headers.get('Content-Security-Policy') ?? '') ?? [];
      assert.deepEqual(sources.split(' '), ["'self'", 'data:', 'blob:', origin]);
    });
  }

  it(`show the first screen after less than ${MOST_SCRIPT_BYTES / 1000} kB of compressed script`, async () => {
    const scripts = assets().filter((path) => path.endsWith('.js'));
    const sizes = await Promise.all(scripts.map(async (path) => (await stat(join(folder, `${path}.gz`))).size));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(total > 10_000 && total < MOST_SCRIPT_BYTES, `${total} bytes`);
  });
});
