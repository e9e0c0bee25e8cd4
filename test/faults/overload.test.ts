import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BoundedTurns } from '../../src/bounded-turns.js';
import { startTestServer, type TestServer } from '../support/server.js';

const AT_A_TIME = 32;
const WAITING = 200;

describe('more than the service can do at a time', function () {
  this.timeout(60_000);

  let server: TestServer;
  afterEach(() => server.stop());

  it('of calls is refused at once with a 503 that says when to come again, and probes are answered', async () => {
    server = await startTestServer({ mostCalls: 0 });
    const { status, headers, body } = await server.api('GET', '/requests');
    assert.deepEqual([status, body.code], [503, 'unavailable']);
    assert.ok(Number(headers.get('Retry-After')) > 0);
    assert.match(body.message as string, /Try again/);
    assert.equal((await server.api('GET', '/livez')).status, 200);
    const call = (path: string) => fetch(server.url + path, { headers: { Accept: 'text/event-stream' } });
    for (const other of ['/requests', '/trpc/auth.me,qc.events?batch=1']) {
      assert.equal((await call(other)).status, 503, other);
    }
    const request = '01941f29-7c00-7000-8000-000000000000';
    for (const stream of [`/requests/${request}/qc/events`, `/api/requests/${request}/qc/events/`, '/trpc/qc.events']) {
      assert.notEqual((await call(stream)).status, 503, stream);
    }
  });

  it('of uploads waits unread up to a bound, beyond which the next is refused', async () => {
    server = await startTestServer();
    const { token } = await server.signUp();
    const { body } = await server.api('POST', '/requests', { token, json: { title: 'Signs' } });
    const head =
      `POST /requests/${body.id as string}/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
      'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n' +
      '--b\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\nbytes';
    const sockets: Socket[] = [];
    const refused: string[] = [];
    const answered = new Promise<void>((resolve) => {
      for (let index = 0; index < AT_A_TIME + WAITING + 1; index += 1) {
        const socket = connect(Number(new URL(server.url).port), '127.0.0.1').setEncoding('utf8');
        socket.on('error', () => undefined);
        socket.on('data', (text: string) => {
          refused.push(text);
          resolve();
        });
        socket.write(head);
        sockets.push(socket);
      }
    });
    await answered;
    assert.match(refused[0] ?? '', /^HTTP\/1\.1 503 [\s\S]*Retry-After: \d+[\s\S]*Too many uploads/i);
    assert.equal(refused.length, 1);
    await Promise.all(
      sockets.map(async (socket) => {
        socket.destroy();
        await once(socket, 'close');
      }),
    );
  });

  it('of any work is refused without having been begun, and leaves room again once it is done', async () => {
    server = await startTestServer();
    const turns = new BoundedTurns({ atATime: 1, waiting: 1, sentence: 'Later.', retryAfter: 3 });
    let begun = 0;
    let finish: () => void = () => undefined;
    const work = () => new Promise<void>((resolve) => ((begun += 1), (finish = resolve)));
    const [first, second] = [turns.take(work), turns.take(work)];
    await Promise.resolve();
    await assert.rejects(turns.take(work), { kind: 'unavailable', message: 'Later.', retryAfter: 3 });
    while (begun < 1) await Promise.resolve();
    finish();
    await first;
    while (begun < 2) await new Promise(setImmediate);
    finish();
    await second;
    assert.equal(begun, 2);
  });
});
