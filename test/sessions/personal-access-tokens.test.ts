import assert from 'node:assert/strict';
import { createTRPCClient, httpLink } from '@trpc/client';
import { sweepSessions } from '../../src/features/sessions/sweep.js';
import type { AppRouter } from '../../src/router.js';
import { startTestServer, type TestServer } from '../support/server.js';

interface CreatedToken extends Record<string, unknown> {
  id: string;
  token: string;
  expires_at: string;
}

describe('Personal access tokens', () => {
  let server: TestServer;
  let session: string;
  let userId: string;
  before(async () => {
    server = await startTestServer();
  });
  beforeEach(async () => {
    const { token, user } = await server.signUp();
    session = token;
    userId = user.id;
  });
  after(() => server.stop());

  const create = (json: object, token = session) => server.api<CreatedToken>('POST', '/auth/tokens', { token, json });
  const revoke = (id: string, token = session) => server.api('DELETE', `/auth/tokens/${id}`, { token });
  const list = async () => (await server.api<CreatedToken[]>('GET', '/auth/tokens', { token: session })).body;
  const me = async (token: string) => (await server.api('GET', '/auth/me', { token })).status;
  const order = async (token: string) => server.api('POST', '/requests', { token, json: { title: 'By a program' } });

  it('are shown once and stored hashed', async () => {
    const { status, body } = await create({ name: 'import', scope: 'write' });
    assert.equal(status, 201);
    assert.match(body.token, /^assay_pat_[\w-]{43}$/);
    const [listed] = await list();
    assert.ok(listed && !('token' in listed));
    const rows = JSON.stringify([await server.db('personal_access_tokens'), await server.db('audit_log')]);
    assert.ok(!rows.includes(body.token.slice(10)));
  });

  it('work wherever a Bearer token does, for REST and typed clients', async () => {
    const { body } = await create({ name: 'import', scope: 'write' });
    assert.equal(await me(body.token), 200);
    assert.equal((await order(body.token)).status, 201);
    const headers = { Authorization: `Bearer ${body.token}` };
    const client = createTRPCClient<AppRouter>({ links: [httpLink({ url: `${server.url}/trpc`, headers })] });
    assert.equal((await client.auth.me.query()).id, userId);
  });

  it('of scope read change nothing', async () => {
    const { body } = await create({ name: 'dashboard' });
    assert.equal(body.scope, 'read');
    assert.equal(await me(body.token), 200);
    const refused = await order(body.token);
    assert.equal(refused.status, 403);
    assert.match(String(refused.body.message), /only read/);
    const open = { email: 'new@example.com', password: 'SecurePass123', name: 'New' };
    assert.equal((await server.api('POST', '/users', { token: body.token, json: open })).status, 403);
  });

  it('have the rights their user has now, and none when he is deactivated', async () => {
    const { body } = await create({ name: 'admin' });
    const users = async () => (await server.api('GET', '/admin/users', { token: body.token })).status;
    assert.equal(await users(), 403);
    await server.db('user_roles').insert({ userId, roleCode: 'ADMIN' });
    assert.equal(await users(), 200);
    await server.db('users').where({ id: userId }).update({ isActive: false });
    assert.equal(await users(), 401);
  });

  it('make no more of themselves: no tokens, no password, no sessions', async () => {
    const { token } = (await create({ name: 'import', scope: 'write' })).body;
    assert.equal((await create({ name: 'another' }, token)).status, 403);
    const json = { current_password: 'x', new_password: 'long enough' };
    assert.equal((await server.api('POST', '/auth/password', { token, json })).status, 403);
    assert.equal((await server.api('POST', '/auth/logout/all', { token })).status, 403);
    assert.equal((await server.api('POST', '/auth/logout', { token })).status, 403);
  });

  it('expire', async () => {
    const { body } = await create({ name: 'import', expires_in_days: 7 });
    const days = (Date.parse(body.expires_at) - Date.now()) / 86_400_000;
    assert.ok(Math.abs(days - 7) < 0.01);
    await server.db('personal_access_tokens').where({ id: body.id }).update({ expiresAt: new Date() });
    assert.equal(await me(body.token), 401);
    for (const expires_in_days of [0, 367, 1.5])
      assert.equal((await create({ name: 'x', expires_in_days })).status, 400);
  });

  it('are revoked by their user and nobody else', async () => {
    const { body } = await create({ name: 'import' });
    const other = await server.signUp({ roles: ['SUPER_ADMIN'] });
    assert.equal((await revoke(body.id, other.token)).status, 404);
    assert.equal(await me(body.token), 200);
    assert.equal((await revoke(body.id)).status, 200);
    assert.equal(await me(body.token), 401);
    assert.deepEqual(await list(), []);
    assert.equal((await revoke(body.id)).status, 404);
  });

  it('are swept away a month after they were revoked or ran out, and no others', async () => {
    const ago = (days: number) => new Date(Date.now() - days * 86_400_000);
    const changes = {
      working: {},
      'revoked lately': { revokedAt: ago(29) },
      'run out lately': { expiresAt: ago(29) },
      'revoked long ago': { revokedAt: ago(31) },
      'run out long ago': { expiresAt: ago(31) },
    };
    for (const [name, change] of Object.entries(changes)) {
      const { id } = (await create({ name })).body;
      await server
        .db('personal_access_tokens')
        .where({ id })
        .update({ name, ...change });
    }
    await sweepSessions(server.db);
    const left = await server.db('personal_access_tokens').where({ userId }).orderBy('id').pluck<string[]>('name');
    assert.deepEqual(left, ['working', 'revoked lately', 'run out lately']);
  });

  it('tell when they were last used', async () => {
    const { body } = await create({ name: 'import' });
    assert.equal((await list())[0]?.last_used_at, null);
    await me(body.token);
    const [listed] = await list();
    assert.ok(Date.now() - Date.parse(String(listed?.last_used_at)) < 60_000);
  });

  it('are fifty a user at most, however they are asked for', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => create({ name: `token ${i}` })));
    assert.equal(answers.filter(({ status }) => status === 201).length, 50);
    assert.equal(answers.filter(({ status }) => status === 409).length, 10);
  });

  it('that nobody was given open nothing', async () => {
    for (const token of [`assay_pat_${'A'.repeat(43)}`, 'assay_pat_', `assay_pat_${'A'.repeat(5000)}`]) {
      assert.equal(await me(token), 401);
    }
  });

  it('are on record from beginning to end', async () => {
    const { body } = await create({ name: 'import', scope: 'write' });
    await revoke(body.id);
    const entries = (await server.db('audit_log').where({ targetId: body.id }).orderBy('id')) as { action: string }[];
    assert.deepEqual(
      entries.map(({ action }) => action),
      ['token.created', 'token.revoked'],
    );
  });
});
