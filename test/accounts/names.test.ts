import assert from 'node:assert/strict';
import { createUser } from '../../src/features/users/create.js';
import { findUserByName } from '../../src/features/users/find.js';
import { startTestServer, type TestServer } from '../support/server.js';

describe('names of users', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  let users = 0;
  const password = 'SecurePass123';
  const register = (username: string) => {
    const email = `user-${++users}@example.com`;
    return server.api('POST', '/users', { json: { email, username, password, name: 'A' } });
  };
  const login = (username: string) => server.api('POST', '/auth/login', { json: { username, password } });

  it('sign in whatever is peculiar about their case', async () => {
    for (const username of ['İst', 'ΣοςΣ', 'Straße', 'ÅNGSTRÖM']) {
      assert.equal((await register(username)).status, 201, username);
      assert.equal((await login(username)).status, 200, username);
    }
  });

  it('are one however their characters are composed', async () => {
    assert.equal((await register('\u212bke')).body.username, '\u00c5ke');
    assert.equal((await login('A\u030ake')).status, 200);
    assert.equal((await register('\u00c5ke')).status, 400);
    const mark = { email: 'ju\u0308rgen@example.com', username: 'ju\u0308rgen', name: 'J', password };
    const { id, email } = await createUser(server.db, mark);
    assert.equal(email, 'j\u00fcrgen@example.com');
    for (const name of ['j\u00fcrgen', 'ju\u0308rgen@example.com']) {
      assert.equal((await findUserByName(server.db, name))?.id, id);
    }
  });
});
