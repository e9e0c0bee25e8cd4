import assert from 'node:assert/strict';
import { startService, type Service } from '../support/processes.js';

type Body = Record<string, unknown>;

/**
 * The whole service as `npm start` runs it on a fresh machine, where nobody has named an administrator, and the calls
 * that the contract's examples make, in their order and with their words.
 */
describe('the user administration contract, played from a terminal', function () {
  this.timeout(60_000);

  const account = { email: 'admin@example.com', password: 'SecurePass123', name: 'Admin User' };
  let service: Service;
  let userId: string;
  let access: string;
  let refresh: string;

  before(async () => {
    service = await startService();
  });
  after(() => service.stop());

  async function post(path: string, json: object, token?: string) {
    const response = await fetch(service.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
      body: JSON.stringify(json),
    });
    return { status: response.status, body: (await response.json()) as Body };
  }

  it('1. creates a user, without credentials', async () => {
    const { status, body } = await post('/api/users/', account);
    assert.equal(status, 201);
    assert.match(String(body.id), /^[0-9a-f-]{36}$/);
    assert.deepEqual(
      [body.email, body.name, body.is_active, body.roles],
      ['admin@example.com', 'Admin User', true, []],
    );
    userId = String(body.id);
  });

  it('2. logs in', async () => {
    const { status, body } = await post('/api/auth/login/', { email: account.email, password: account.password });
    assert.equal(status, 200);
    access = String(body.access);
    refresh = String(body.refresh);
    assert.match(access, /^eyJ/);
    assert.match(refresh, /^eyJ/);
  });

  it('3. assigns a role, with the access token', async () => {
    const { status, body } = await post(`/api/users/${userId}/roles/`, { role_code: 'ADMIN' }, access);
    assert.equal(status, 200);
    assert.deepEqual(
      [body.id, body.email, body.name, body.is_active, body.roles],
      [userId, account.email, account.name, true, ['ADMIN']],
    );
  });

  it('4. refreshes the token', async () => {
    const { status, body } = await post('/api/auth/refresh/', { refresh });
    assert.equal(status, 200);
    assert.notEqual(body.access, undefined);
    const again = await post(`/api/users/${userId}/roles/`, { role_code: 'ADMIN' }, String(body.access));
    assert.equal(again.status, 200);
  });

  it('answers each error as the contract lists it', async () => {
    const wrong = { email: account.email, password: 'wrong' };
    assert.equal((await post('/api/auth/login/', wrong)).status, 401);
    const cases: [object, string, string][] = [
      [{}, 'email', 'Email already exists.'],
      [{ email: 'not an address' }, 'email', 'Enter a valid email address.'],
      [{ email: 'new@example.com', password: 'short' }, 'password', 'Password too short (min 8 chars).'],
    ];
    for (const [change, field, sentence] of cases) {
      const { status, body } = await post('/api/users/', { ...account, ...change });
      assert.equal(status, 400);
      assert.deepEqual(body.errors, { [field]: [sentence] });
      assert.equal(body.message, body.detail);
    }
    const role = { role_code: 'ADMIN' };
    assert.equal((await post(`/api/users/${userId}/roles/`, role)).status, 401);
    const nobody = '550e8400-e29b-41d4-a716-446655440000';
    assert.equal((await post(`/api/users/${nobody}/roles/`, role, access)).status, 404);
    assert.equal((await post('/api/users/{user_id}/roles/', role, access)).status, 404);
    assert.equal((await post(`/api/users/${userId}/roles/`, { role_code: 'KING' }, access)).status, 404);
  });

  it('lets nobody else claim the system after that', async () => {
    const other = await post('/api/users/', { ...account, email: 'late@example.com' });
    const { body } = await post('/api/auth/login/', { email: 'late@example.com', password: account.password });
    const claim = await post(`/api/users/${String(other.body.id)}/roles/`, { role_code: 'ADMIN' }, String(body.access));
    assert.equal(claim.status, 403);
  });
});
