import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, request, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import pino from 'pino';
import { startApi } from '../../src/api.js';
import { loadConfig } from '../../src/config.js';
import { answerParserErrors } from '../../src/http/parser-errors.js';
import { freshDatabase } from '../support/database.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { exampleRouter } from './example-router.js';

describe('A connection kept alive', () => {
  let server: TestServer;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  before(async () => {
    server = await startTestServer({ router: exampleRouter });
  });
  after(async () => {
    agent.destroy();
    await server.stop();
  });

  async function send(method: string, path: string, headers: Record<string, string | number> = {}, body?: Buffer) {
    const call = request(server.url + path, { method, agent, headers });
    call.end(body);
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    await text(answer);
    return { status: answer.statusCode, reused: call.reusedSocket };
  }

  it('serves on after a compressed body that swells beyond the limit', async () => {
    const swelling = gzipSync(Buffer.alloc(256 * 1024 * 1024, 'a'));
    const headers = {
      'Content-Type': 'application/json',
      'Content-Encoding': 'gzip',
      'Content-Length': swelling.length,
    };
    assert.equal((await send('POST', '/things', headers, swelling)).status, 413);
    assert.deepEqual(await send('GET', '/livez'), { status: 200, reused: true });
  });
});

describe('What Node’s own parser refuses', () => {
  let server: Server;
  let port: number;
  before(async () => {
    server = createServer((call, response) => {
      response.write('begun');
      if (call.url === '/whole') response.end();
    });
    answerParserErrors(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  after(() => server.close());

  /** All that comes back on one connection. */
  async function exchange(messages: string[], at = port): Promise<string> {
    const socket = connect(at, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    for (const message of messages) {
      socket.write(message);
      if (message !== messages.at(-1)) await once(socket, 'data');
    }
    await once(socket, 'close');
    return received;
  }

  const refused: [status: number, code: string, message: string][] = [
    [400, 'invalid', 'nonsense\r\n\r\n'],
    [431, 'headers_too_large', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    [417, 'expectation_failed', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: wonders\r\n\r\n'],
  ];
  for (const [status, code, message] of refused) {
    it(`is answered ${status} in the one error shape`, async () => {
      const [head = '', body = ''] = (await exchange([message])).split('\r\n\r\n');
      assert.ok(head.startsWith(`HTTP/1.1 ${status} `), head);
      assert.match(head, /^content-type: application\/json/im);
      const fault = JSON.parse(body) as Record<string, string>;
      assert.equal(fault.code, code);
      assert.equal(fault.detail, fault.message);
      assert.ok(head.includes(`X-Request-Id: ${fault.request_id ?? ''}`));
    });
  }

  it('is answered so by the service', async () => {
    const database = await freshDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'assay-test-'));
    const config = loadConfig({ DATA_DIR: folder, HOST: '127.0.0.1', PORT: '0' });
    const api = await startApi(config, { databaseUrl: database.url, log: pino({ level: 'silent' }) });
    try {
      assert.match(await exchange(['nonsense\r\n\r\n'], Number(new URL(api.url).port)), /"code":"invalid"/);
    } finally {
      await api.close();
      await database.drop();
      await rm(folder, { recursive: true });
    }
  });

  it('is answered after an earlier answer, and never amidst one', async () => {
    const call = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
    assert.match(await exchange([call('/whole'), 'nonsense\r\n\r\n']), /HTTP\/1\.1 400 /);
    assert.doesNotMatch(await exchange([call('/endless'), 'nonsense\r\n\r\n']), /HTTP\/1\.1 400 /);
  });
});
