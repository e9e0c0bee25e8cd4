import assert from 'node:assert/strict';
import { newPasswordSchema, refuseOwnName } from '../../src/features/auth/password-rules.js';
import { ensureFirstAdmin } from '../../src/features/users/first-admin.js';
import { startTestServer, TEST_PASSWORD, type TestServer } from '../support/server.js';

describe('a password somebody chooses', () => {
  const faults = (password: string) =>
    (newPasswordSchema.safeParse(password).error?.issues ?? []).map(({ message }) => message);

  it('is none of those that everybody chooses, in any case', () => {
    for (const password of [
      'password',
      'PassWord',
      '12345678',
      'qwertyuiop',
      'iloveyou',
      'password1',
      'ｐａｓｓｗｏｒｄ',
    ]) {
      assert.deepEqual(faults(password), ['This password is too common.'], password);
    }
  });

  it('is no single character again and again, nor a run of the alphabet', () => {
    for (const password of ['        ', 'zzzzzzzzzz', 'xyxyxyxyxy', 'defghijk', '98765432']) {
      assert.deepEqual(faults(password), ['This password is too common.'], password);
    }
  });

  it('may else be what he likes, if it is long enough', () => {
    for (const password of [
      'SecurePass123',
      TEST_PASSWORD,
      'another one, longer',
      'пароль у реки',
      '🦊🦊🐻🦊🐻🦝🦊🐻',
    ]) {
      assert.deepEqual(faults(password), [], password);
    }
    assert.deepEqual(faults('1234567'), ['Password too short (min 8 chars).']);
  });

  it('is not his name or e-mail, with whatever behind it', () => {
    const ada = { email: 'ada.king@example.com', username: 'countess', name: 'Ada Lovelace' };
    for (const password of ['ada.king@example.com', 'Ada.King', 'adaking1815', 'countess!', 'Ada Lovelace 1']) {
      assert.throws(() => refuseOwnName(password, ada), { kind: 'invalid', message: /^Your name/ }, password);
    }
    for (const password of ['lovelace and babbage', '18151852!', 'notcountess']) refuseOwnName(password, ada);
  });
});

describe('whoever chooses a password that anybody would try', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  it('is told so when he registers, by the field', async () => {
    const register = (password: string) =>
      server.api('POST', '/users', { json: { email: 'grace.hopper@example.com', name: 'Grace Hopper', password } });
    for (const [password, text] of [
      ['letmein1', /too common/],
      ['gracehopper', /Your name/],
    ] as const) {
      const { status, body } = await register(password);
      assert.equal(status, 400, password);
      assert.match((body.errors as { password: string[] }).password[0] ?? '', text);
    }
    assert.equal((await register('SecurePass123')).status, 201);
  });

  it('is told so when he changes his', async () => {
    const { token, user } = await server.signUp();
    for (const next of ['iloveyou', user.email]) {
      const json = { current_password: TEST_PASSWORD, new_password: next };
      const { status, body } = await server.api('POST', '/auth/password', { token, json });
      assert.deepEqual([status, Object.keys(body.errors as object)], [400, ['new_password']], next);
    }
  });

  it('is told so as the operator who configures the first administrator', async () => {
    const account = { email: 'root@example.com', password: 'administrator' };
    await assert.rejects(ensureFirstAdmin(server.db, account), { name: 'StartupError', message: /^ADMIN_PASSWORD: / });
    assert.equal(await ensureFirstAdmin(server.db, { ...account, password: 'SecurePass123' }), true);
  });
});
