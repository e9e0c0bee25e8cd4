import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import Koa from 'koa';
import { decodeJwt } from 'jose';
import { bodyDeadline } from '../../src/http/body-deadline.js';
import { requestId } from '../../src/http/request-id.js';
import type { RequestState } from '../../src/http/request-state.js';
import { renderPicture } from '../support/pictures.js';
import { startTestServer, TEST_PASSWORD, type TestServer } from '../support/server.js';

/** What happens to a call when the caller's standing changes before all of it has arrived. */
describe('A call that was begun in time', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  /** Sends the head and the first bytes, lets `meanwhile` happen, then sends the rest. */
  async function interrupted(
    { method, path, token, json }: { method: string; path: string; token: string; json: object },
    meanwhile: () => Promise<unknown>,
  ): Promise<{ status: number; body: string }> {
    const body = JSON.stringify(json);
    const call = httpRequest(server.url + path, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
      },
    });
    call.write(body.slice(0, 1));
    // Long enough for the server to have asked who calls.
    await sleep(150);
    await meanwhile();
    call.end(body.slice(1));
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    return { status: answer.statusCode ?? 0, body: await text(answer) };
  }

  const deactivate = (id: string) => server.db('users').where({ id }).update({ isActive: false });

  it('brings nobody back who was put out meanwhile', async () => {
    const { token, user } = await server.signUp({ roles: ['ADMIN'] });
    const { status } = await interrupted(
      { method: 'PATCH', path: `/users/${user.id}`, token, json: { is_active: true, roles: ['ADMIN'] } },
      async () => {
        await server.db('user_roles').where({ userId: user.id }).delete();
        await deactivate(user.id);
      },
    );
    assert.equal(status, 401);
    const { isActive } = (await server.db('users').where({ id: user.id }).first()) as { isActive: boolean };
    assert.equal(isActive, false);
  });

  it('gives nobody back a role that was taken meanwhile, by either face', async () => {
    for (const path of ['rest', 'trpc'] as const) {
      const { token, user } = await server.signUp({ roles: ['ADMIN'] });
      const json = { id: user.id, role_code: 'ADMIN' };
      const { status } = await interrupted(
        { method: 'POST', path: path === 'rest' ? `/users/${user.id}/roles` : '/trpc/users.grantRole', token, json },
        () => server.db('user_roles').where({ userId: user.id }).delete(),
      );
      assert.equal(status, 409, path);
      const roles = (await server.db('user_roles').where({ userId: user.id })) as unknown[];
      assert.equal(roles.length, 0, path);
    }
  });

  it('makes no token for one whose session was ended meanwhile', async () => {
    const { token, user } = await server.signUp();
    const { status } = await interrupted(
      { method: 'POST', path: '/auth/tokens', token, json: { name: 'thief', scope: 'write', expires_in_days: 366 } },
      () =>
        server
          .db('sessions')
          .where({ id: decodeJwt<{ sid: string }>(token).sid })
          .update({ revokedAt: new Date() }),
    );
    assert.equal(status, 401);
    const tokens = (await server.db('personal_access_tokens').where({ userId: user.id })) as unknown[];
    assert.equal(tokens.length, 0);
  });

  it('keeps no picture of one who was put out while he sent it', async () => {
    const { token, user } = await server.signUp();
    const picture = await renderPicture({ seed: 1, width: 64, height: 64 });
    const head = '--b\r\nContent-Disposition: form-data; name="images"; filename="a.jpg"\r\n\r\n';
    const call = httpRequest(`${server.url}/images/upload`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'multipart/form-data; boundary=b' },
    });
    call.write(head);
    call.write(picture.subarray(0, 100));
    await sleep(200);
    await deactivate(user.id);
    call.write(picture.subarray(100));
    call.end('\r\n--b--\r\n');
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    answer.resume();
    assert.equal(answer.statusCode, 401);
    const images = (await server.db('images').where({ ownerId: user.id })) as unknown[];
    assert.equal(images.length, 0);
  });

  it('starts no session by a password that was changed while it was being checked', async () => {
    const { token, user } = await server.signUp();
    // Brought up to strength first, so that all that follow take as long as each other.
    await server.api('POST', '/auth/login', { json: { email: user.email, password: TEST_PASSWORD } });
    const json = { current_password: TEST_PASSWORD, new_password: 'another one, longer' };
    const change = server.api('POST', '/auth/password', { token, json });
    const logins = Array.from({ length: 8 }, async (_, turn) => {
      await sleep(turn * 60);
      return server.api('POST', '/auth/login', { json: { email: user.email, password: TEST_PASSWORD } });
    });
    assert.equal((await change).status, 200);
    await Promise.all(logins);
    const alive = (await server.db('sessions').where({ userId: user.id }).whereNull('revokedAt')) as { id: string }[];
    assert.deepEqual(
      alive.map(({ id }) => id),
      [decodeJwt<{ sid: string }>(token).sid],
    );
  });
});

describe('Strangers', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  const account = () => ({ email: `${Math.random()}@example.com`, password: 'SecurePass123', name: 'New' });

  it('register with whatever token a page still holds, while registration is open', async () => {
    for (const Authorization of ['Bearer', 'Bearer ', 'Bearer null', 'Bearer expired']) {
      const { status } = await server.api('POST', '/users', { headers: { Authorization }, json: account() });
      assert.equal(status, 201, Authorization);
    }
  });

  it('are not what an administrator becomes whose token has run out, where registration is closed', async () => {
    const closed = await startTestServer({ sharing: server, env: { REGISTRATION: 'closed' } });
    const { status, headers } = await closed.api('POST', '/users', { token: 'expired', json: account() });
    assert.equal(status, 401);
    assert.equal(headers.get('WWW-Authenticate'), 'Bearer');
    assert.equal((await closed.api('POST', '/users', { json: account() })).status, 403);
    assert.equal((await closed.api('POST', '/auth/login', { token: 'expired', json: {} })).status, 400, 'may log in');
    await closed.stop();
  });

  it('make no browser of others log in or register, as a page could by an address alone', async () => {
    const query = new URLSearchParams(account()).toString();
    assert.equal((await server.api('POST', `/users?${query}`)).status, 400);
    assert.equal((await server.api('POST', '/auth/login?username=ada&password=x')).status, 400);
  });
});

describe('A body that trickles in', () => {
  it('is cut off after its time, while files may take theirs', async () => {
    const app = new Koa<RequestState>().use(requestId).use(bodyDeadline(100));
    app.use(async (ctx) => {
      await once(ctx.req.resume(), 'end');
      ctx.body = 'all of it';
    });
    app.silent = true;
    const listening = app.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const { port } = listening.address() as { port: number };
    const slowly = async (contentType: string) => {
      const headers = { 'Content-Type': contentType, 'Content-Length': 2 };
      const call = httpRequest({ port, host: '127.0.0.1', method: 'POST', headers });
      const answered = once(call, 'response').then(([answer]) => (answer as IncomingMessage).statusCode);
      answered.catch(() => undefined);
      call.write('a');
      await sleep(300);
      call.end('b');
      return answered;
    };
    await assert.rejects(slowly('application/json'), /ECONNRESET|socket hang up|EPIPE/);
    assert.equal(await slowly('multipart/form-data; boundary=x'), 200);
    listening.close();
  });
});
