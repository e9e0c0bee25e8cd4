import assert from 'node:assert/strict';
import { hashPassword, isWeakHash } from '../../src/features/auth/password.js';
import { sweepSessions } from '../../src/features/sessions/sweep.js';
import { startTestServer, TEST_PASSWORD, type TestServer } from '../support/server.js';

interface Tokens extends Record<string, unknown> {
  access: string;
  refresh: string;
}

interface SessionRow {
  id: string;
  current: boolean;
  user_agent: string;
}

describe('Sessions', () => {
  let server: TestServer;
  let email: string;
  let id: string;
  beforeEach(async () => {
    const { user } = await server.signUp();
    ({ email, id } = user);
  });
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  const logIn = async (password = TEST_PASSWORD, userAgent = 'a browser') =>
    server.api<Tokens>('POST', '/auth/login', { json: { email, password }, headers: { 'User-Agent': userAgent } });
  const me = async (token: string) => (await server.api('GET', '/auth/me', { token })).status;
  const refresh = async (token: string) =>
    (await server.api('POST', '/auth/refresh', { json: { refresh: token } })).status;
  const audited = async (action: string) =>
    (await server.db('audit_log').where({ action }).orderBy('id', 'desc')) as {
      actorId: string;
      ip: string;
      userAgent: string;
      requestId: string;
      details: object;
    }[];

  it('end with a logout, and their tokens with them at once', async () => {
    const { body: here } = await logIn();
    const { body: elsewhere } = await logIn();
    assert.equal((await server.api('POST', '/auth/logout/', { token: here.access })).status, 200);
    assert.equal(await me(here.access), 401);
    assert.equal(await refresh(here.refresh), 401);
    assert.equal(await me(elsewhere.access), 200);
  });

  it('end all together', async () => {
    const signIns = await Promise.all([logIn(), logIn(), logIn()]);
    const { access } = signIns[0].body;
    const { body } = await server.api('POST', '/auth/logout/all', { token: access });
    // The session that signing up brought is one more.
    assert.deepEqual(body, { status: 'logged_out', sessions_ended: 4 });
    for (const { body: tokens } of signIns) {
      assert.equal(await me(tokens.access), 401);
      assert.equal(await refresh(tokens.refresh), 401);
    }
  });

  it('are listed to their user, and ended one by one by nobody else', async () => {
    const { body: phone } = await logIn(TEST_PASSWORD, 'a phone');
    const { body: desk } = await logIn();
    const list = async () => (await server.api<SessionRow[]>('GET', '/auth/sessions', { token: desk.access })).body;
    const listed = await list();
    assert.deepEqual(
      listed.slice(0, 2).map(({ current, user_agent }) => [current, user_agent]),
      [
        [true, 'a browser'],
        [false, 'a phone'],
      ],
    );

    const otherId = listed[1]?.id ?? '';
    const end = (token: string) => server.api('DELETE', `/auth/sessions/${otherId}`, { token });
    assert.equal((await end((await server.signUp({ roles: ['SUPER_ADMIN'] })).token)).status, 404);
    assert.equal((await end(desk.access)).status, 200);
    assert.equal(await me(phone.access), 401);
    assert.ok((await list()).every(({ id: listedId }) => listedId !== otherId));
  });

  it('are put on record: who, from where, by which request', async () => {
    const { body, headers } = await logIn(TEST_PASSWORD, 'a phone');
    const [started] = await audited('session.started');
    assert.deepEqual(
      [started?.actorId, started?.ip, started?.userAgent, started?.requestId],
      [id, '127.0.0.1', 'a phone', headers.get('X-Request-Id')],
    );
    await server.api('POST', '/auth/logout', { token: body.access });
    assert.equal((await audited('session.ended'))[0]?.actorId, id);
  });

  it('note when their user was last active', async () => {
    const { body } = await logIn();
    await me(body.access);
    const { lastActiveAt } = (await server.db('users').where({ id }).first()) as { lastActiveAt: Date };
    assert.ok(Date.now() - lastActiveAt.getTime() < 60_000);
  });

  it('that are over are swept away, and no others', async () => {
    const { body } = await logIn();
    await server
      .db('sessions')
      .where({ userId: id })
      .update({ expiresAt: server.db.raw(`now() - interval '8 days'`) });
    const { body: alive } = await logIn();
    await sweepSessions(server.db);
    assert.equal(await me(body.access), 401);
    assert.equal(await refresh(alive.refresh), 200);
    const [{ count } = { count: 0 }] = await server.db('sessions').where({ userId: id }).count<{ count: number }[]>();
    assert.equal(count, 1);
  });

  describe('and the password', () => {
    const change = (token: string, current: string, next = 'another one, longer') =>
      server.api('POST', '/auth/password', { token, json: { current_password: current, new_password: next } });

    it('changed, end all but the one it was changed in', async () => {
      const { body: here } = await logIn();
      const { body: elsewhere } = await logIn();
      assert.equal((await change(here.access, TEST_PASSWORD)).status, 200);
      assert.equal(await me(here.access), 200);
      assert.equal(await refresh(here.refresh), 200);
      assert.equal(await me(elsewhere.access), 401);
      assert.equal(await refresh(elsewhere.refresh), 401);
      assert.equal((await logIn()).status, 401);
      assert.equal((await logIn('another one, longer')).status, 200);
      assert.equal((await audited('user.password_changed'))[0]?.actorId, id);
    });

    it('is not changed by a wrong or a short one', async () => {
      const { body: here } = await logIn();
      const wrong = await change(here.access, 'guessed');
      assert.deepEqual([wrong.status, Object.keys(wrong.body.errors as object)], [400, ['current_password']]);
      const short = await change(here.access, TEST_PASSWORD, 'short');
      assert.deepEqual([short.status, Object.keys(short.body.errors as object)], [400, ['new_password']]);
      assert.equal((await logIn()).status, 200);
    });

    it('is not to be guessed by whoever found an access token', async () => {
      const { body: here } = await logIn();
      for (let guess = 0; guess < 5; guess++) await change(here.access, 'guessed');
      assert.equal((await change(here.access, TEST_PASSWORD)).status, 423);
    });

    it('that another service hashed more weakly is hashed anew at the next login', async () => {
      const stored = async () => (await server.db('users').where({ id }).first()) as { passwordHash: string };
      assert.ok(isWeakHash((await stored()).passwordHash));
      assert.equal((await logIn('wrong one')).status, 401);
      assert.ok(isWeakHash((await stored()).passwordHash), 'a wrong password strengthens nothing');
      assert.equal((await logIn()).status, 200);
      assert.equal(isWeakHash((await stored()).passwordHash), false);
      assert.equal((await logIn()).status, 200);
      assert.equal(isWeakHash(await hashPassword('whatever')), false);
    });
  });
});
