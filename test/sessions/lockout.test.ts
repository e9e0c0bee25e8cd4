import assert from 'node:assert/strict';
import { User } from '../../models/user.js';
import { startTestServer, TEST_PASSWORD, type TestServer } from '../support/server.js';

describe('The lock after failed logins', () => {
  let server: TestServer;
  let second: TestServer;
  before(async () => {
    server = await startTestServer();
    second = await startTestServer({ sharing: server });
  });
  after(async () => {
    await second.stop();
    await server.stop();
  });

  const logIn = (name: string, password: string, at = server) =>
    at.api('POST', '/auth/login', { json: { username: name, password } });

  async function fail(name: string, times: number): Promise<number[]> {
    const statuses: number[] = [];
    for (let i = 0; i < times; i++) statuses.push((await logIn(name, 'wrong', i % 2 ? server : second)).status);
    return statuses;
  }

  it('comes after five, for 15 minutes, whatever name is used, at every API process', async () => {
    const { user } = await server.signUp();
    assert.deepEqual(await fail(user.email, 3), [401, 401, 401]);
    assert.deepEqual(await fail(user.username, 2), [401, 401]);
    for (const [name, at] of [
      [user.email, server],
      [user.username.toUpperCase(), second],
    ] as const) {
      const { status, headers, body } = await logIn(name, TEST_PASSWORD, at);
      assert.equal(status, 423);
      const seconds = Number(headers.get('Retry-After'));
      assert.ok(seconds > 14 * 60 && seconds <= 15 * 60, String(seconds));
      assert.equal(body.code, 'locked');
    }
    assert.ok(await server.db<object>('audit_log').where({ action: 'user.locked', targetId: user.id }).first());
  });

  it('is the same for a name that is nobody’s', async () => {
    assert.deepEqual(await fail('nobody@example.com', 6), [401, 401, 401, 401, 401, 423]);
    assert.equal((await logIn('NOBODY@example.com', 'wrong')).status, 423);
    assert.equal((await logIn('somebody@example.com', 'wrong')).status, 401);
  });

  it('ends, and the count starts anew', async () => {
    const { user } = await server.signUp();
    await fail(user.email, 5);
    await server.db('login_failures').update({
      lockedUntil: server.db.raw(`locked_until - interval '15 minutes'`),
      lastFailedAt: server.db.raw(`last_failed_at - interval '15 minutes'`),
    });
    assert.deepEqual(await fail(user.email, 4), [401, 401, 401, 401]);
    assert.equal((await logIn(user.email, TEST_PASSWORD)).status, 200);
  });

  it('is not reached by failures with a success between', async () => {
    const { user } = await server.signUp();
    await fail(user.email, 4);
    assert.equal((await logIn(user.email, TEST_PASSWORD)).status, 200);
    assert.deepEqual(await fail(user.email, 4), [401, 401, 401, 401]);
    assert.equal((await logIn(user.email, TEST_PASSWORD)).status, 200);
  });

  it('holds against guesses made side by side', async () => {
    const { user } = await server.signUp();
    const guesses = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        logIn(user.email, i === 19 ? TEST_PASSWORD : 'wrong', i % 2 ? server : second),
      ),
    );
    const told = guesses.map(({ status }) => status).sort();
    assert.deepEqual(told.slice(0, 5), [401, 401, 401, 401, 401]);
    assert.deepEqual(new Set(told.slice(5)), new Set([423]), 'a right guess is told what wrong ones are told');
    assert.equal((await logIn(user.email, TEST_PASSWORD)).status, 423);
  });

  it('counts a name as one however its letters are written, whether it is somebody’s or not', async () => {
    const { user } = await server.signUp();
    await User.query(server.db).findById(user.id).patch({ username: 'ivan-the-one' });
    const outcomes: number[] = [];
    for (const name of ['ivan-the-one', 'ivan-the-none']) {
      await fail(name.replace('i', 'İ'), 5);
      outcomes.push((await logIn(name, 'wrong')).status);
    }
    assert.equal(outcomes[0], outcomes[1]);
  });

  it('at the door keeps nobody who is inside from changing his password', async () => {
    const { user, token } = await server.signUp();
    await fail(user.email, 6);
    const json = { current_password: TEST_PASSWORD, new_password: 'another one, longer' };
    assert.equal((await server.api('POST', '/auth/password', { token, json })).status, 200);
  });

  it('leaves sessions alone', async () => {
    const { user, token } = await server.signUp();
    await fail(user.email, 6);
    assert.equal((await server.api('GET', '/auth/me', { token })).status, 200);
  });
});

describe('Calls that guess or fill', () => {
  it('are limited more strictly than others, at all API processes together, over both faces', async () => {
    const env = { RATE_LIMIT_PER_MINUTE: '12' };
    const server = await startTestServer({ env });
    const second = await startTestServer({ env, sharing: server });
    const json = { username: 'nobody', password: 'wrong' };
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) {
      const at = i % 2 ? server : second;
      const path = i % 4 < 2 ? '/auth/login' : '/trpc/auth.login';
      statuses.push((await at.api('POST', path, { json: { ...json, username: `nobody-${i}` } })).status);
    }
    assert.deepEqual(statuses, [401, 401, 401, 429, 429, 429]);
    assert.equal((await server.api('GET', '/auth/csrf/')).status, 204, 'other calls go on');
    await second.stop();
    await server.stop();
  });
});
