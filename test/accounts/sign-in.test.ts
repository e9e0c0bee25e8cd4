import assert from 'node:assert/strict';
import { platformRole, type RoleCode } from '../../src/features/auth/actor.js';
import { hashPassword, verifyPassword } from '../../src/features/auth/password.js';
import { ensureFirstAdmin } from '../../src/features/users/first-admin.js';
import { startTestServer, type TestServer } from '../support/server.js';

const account = { email: 'Ada@Example.com', password: 'SecurePass123', name: 'Ada Lovelace' };

describe('signing in', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
    await server.api('POST', '/api/users/', { json: { ...account, username: 'ada' } });
  });
  after(() => server.stop());

  const login = (json: unknown, path = '/auth/login') => server.api('POST', path, { json });

  it('takes a username or an e-mail in either field, in any case, at each of the contracts’ paths', async () => {
    for (const name of ['ada', 'ADA', 'ada@example.com', 'ADA@EXAMPLE.COM']) {
      assert.equal((await login({ username: name, password: account.password })).status, 200, name);
      assert.equal((await login({ email: name, password: account.password }, '/api/auth/login/')).status, 200, name);
    }
  });

  it('answers with every client’s fields', async () => {
    const { body } = await login({ username: 'ada', password: account.password });
    const { access_token, token, access, refresh, user_id, user, ...rest } = body;
    assert.ok(typeof access_token === 'string' && typeof refresh === 'string');
    assert.deepEqual([token, access], [access_token, access_token]);
    const expiries = { expires_in: 900, refresh_expires_in: 86_400 };
    assert.deepEqual(rest, { token_type: 'Bearer', ...expiries, role: 'customer', roles: [] });
    assert.deepEqual(user, {
      id: user_id,
      name: 'Ada Lovelace',
      email: 'Ada@Example.com',
      username: 'ada',
      role: 'customer',
      roles: [],
      is_admin: false,
      is_active: true,
    });
    const me = await server.api('GET', '/auth/me/', { token: access_token });
    assert.deepEqual(me.body, user);
  });

  it('gives the same answer to an unknown name and a wrong password', async () => {
    const [unknown, wrong] = await Promise.all([
      login({ username: 'nobody', password: 'whatever it is' }),
      login({ username: 'ada', password: 'whatever it is' }),
    ]);
    assert.equal(unknown.status, 401);
    const { request_id: first, ...unknownBody } = unknown.body;
    const { request_id: second, ...wrongBody } = wrong.body;
    assert.notEqual(first, second);
    assert.deepEqual(unknownBody, wrongBody);
  });

  it('refuses a deactivated user', async () => {
    const { body } = await server.api('POST', '/users', { json: { ...account, email: 'gone@example.com' } });
    await server.db('users').where({ id: body.id }).update({ isActive: false });
    assert.equal((await login({ email: 'gone@example.com', password: account.password })).status, 401);
  });

  it('names the field that is missing', async () => {
    const { status, body } = await login({ password: 'x' });
    assert.equal(status, 400);
    assert.deepEqual(body.errors, { username: ['Give a username or an e-mail.'] });
    assert.equal(body.message, body.detail);
  });

  it('tells the platform’s one word for any set of roles', () => {
    const words: [RoleCode[], string][] = [
      [[], 'customer'],
      [['VIEWER'], 'customer'],
      [['CUSTOMER', 'LABELER'], 'labeler'],
      [['ADMIN', 'LABELER'], 'admin'],
      [['ADMIN', 'SUPER_ADMIN'], 'universal'],
    ];
    for (const [roles, word] of words) assert.equal(platformRole(roles), word);
  });
});

describe('passwords', () => {
  it('are stored as salted PBKDF2 in Django’s form', async () => {
    const stored = await hashPassword('SecurePass123');
    assert.match(stored, /^pbkdf2_sha256\$600000\$[\w-]{22}\$[\w+/]{43}=$/);
    assert.notEqual(stored, await hashPassword('SecurePass123'));
    assert.ok(await verifyPassword('SecurePass123', stored));
    assert.equal(await verifyPassword('securepass123', stored), false);
  });

  it('that Django hashed are recognised', async () => {
    const django = 'pbkdf2_sha256$1$salt$kbetH8pvQW2woEDkqwW3lBiusahaNsvlbcMnQlA1Qxc=';
    assert.ok(await verifyPassword('correct horse battery', django));
  });

  it('match no hash of another form', async () => {
    for (const stored of [
      '',
      'x',
      'md5$salt$hash',
      'pbkdf2_sha256$0$salt$aGFzaA==',
      'pbkdf2_sha256$1e99$salt$aGFzaA==',
    ]) {
      assert.equal(await verifyPassword('anything', stored), false, stored);
    }
  });
});

describe('registering', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  const register = (json: unknown) => server.api('POST', '/api/users/', { json });

  it('answers 201 with the user, without roles', async () => {
    const { status, body } = await register(account);
    assert.equal(status, 201);
    assert.deepEqual([body.email, body.name, body.is_active, body.roles], [account.email, account.name, true, []]);
    assert.ok(!('password' in body) && !('password_hash' in body));
  });

  it('names an e-mail that is taken in any case, also by a call at the same moment', async () => {
    const taken = await register({ ...account, email: 'ADA@example.COM' });
    assert.equal(taken.status, 400);
    assert.deepEqual(taken.body.errors, { email: ['Email already exists.'] });

    const race = await Promise.all(
      Array.from({ length: 4 }, () => register({ ...account, email: 'race@example.com' })),
    );
    assert.deepEqual(race.map(({ status }) => status).sort(), [201, 400, 400, 400]);
  });

  it('names a malformed e-mail and a short password together', async () => {
    const { status, body } = await register({ email: 'nonsense', password: 'short', name: 'X' });
    assert.equal(status, 400);
    assert.deepEqual(Object.keys(body.errors as object).sort(), ['email', 'password']);
  });

  it('refuses a username that could be mistaken for somebody’s e-mail', async () => {
    const { status, body } = await register({ ...account, email: 'new@example.com', username: 'boss@example.com' });
    assert.equal(status, 400);
    assert.deepEqual(Object.keys(body.errors as object), ['username']);
  });

  it('can be closed to all but administrators', async () => {
    const closed = await startTestServer({ sharing: server, env: { REGISTRATION: 'closed' } });
    const json = { ...account, email: 'late@example.com' };
    assert.equal((await closed.api('POST', '/users', { json })).status, 403);
    const { token } = await closed.signUp({ roles: ['ADMIN'] });
    assert.equal((await closed.api('POST', '/users', { token, json })).status, 201);
    await closed.stop();
  });
});

describe('the first administrator', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer();
  });
  afterEach(() => server.stop());

  const claim = (
    caller: TestServer,
    { token, user }: Awaited<ReturnType<TestServer['signUp']>>,
    role = 'SUPER_ADMIN',
  ) => caller.api('POST', `/api/users/${user.id}/roles/`, { token, json: { role_code: role } });

  it('may claim a fresh system for himself, once', async () => {
    const first = await server.signUp();
    const second = await server.signUp();
    const { status, body } = await claim(server, first, 'ADMIN');
    assert.equal(status, 200);
    assert.deepEqual(body.roles, ['ADMIN']);
    assert.equal((await claim(server, second)).status, 403);
    assert.equal((await claim(server, first, 'SUPER_ADMIN')).status, 403, 'an ADMIN does not raise himself');
  });

  it('is one of all who claim at the same moment', async () => {
    const racers = await Promise.all(Array.from({ length: 6 }, () => server.signUp()));
    const answers = await Promise.all(racers.map((racer) => claim(server, racer)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  });

  it('cannot be claimed by giving somebody else the role, nor with another role', async () => {
    const first = await server.signUp();
    const second = await server.signUp();
    const other = { token: first.token, user: second.user };
    assert.equal((await claim(server, other)).status, 404);
    assert.equal((await claim(server, first, 'LABELER')).status, 403);
    assert.equal((await claim(server, first, 'KING')).status, 404);
  });

  it('cannot be claimed in production or where the operator named one', async () => {
    for (const env of [
      { NODE_ENV: 'production' },
      { ADMIN_EMAIL: 'root@example.com', ADMIN_PASSWORD: 'SecurePass123' },
    ]) {
      const other = await startTestServer({ sharing: server, env });
      assert.equal((await claim(other, await other.signUp())).status, 403);
      await other.stop();
    }
  });

  it('named by the operator is made once, however many processes start', async () => {
    const root = { email: 'root@example.com', password: 'SecurePass123' };
    await Promise.all(Array.from({ length: 3 }, () => ensureFirstAdmin(server.db, root)));
    const { body } = await server.api('POST', '/auth/login', { json: root });
    assert.equal(body.role, 'universal');
  });

  it('named by the operator takes over no account that is not his', async () => {
    const root = { email: 'root@example.com', password: 'SecurePass123' };
    await server.api('POST', '/users', { json: { ...root, password: 'of somebody else', name: 'Eve' } });
    assert.equal(await ensureFirstAdmin(server.db, root), false);
    const { body } = await server.api('POST', '/auth/login', { json: { ...root, password: 'of somebody else' } });
    assert.equal(body.role, 'customer');
  });
});
