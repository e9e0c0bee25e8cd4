import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import { AuditEntry } from '../../models/audit-entry.js';
import { User } from '../../models/user.js';
import { createOrganizations } from '../support/organizations.js';
import { startTestServer, TEST_PASSWORD, type TestServer } from '../support/server.js';

const PASSWORD = 'SecurePass123';

describe('creating users', () => {
  let server: TestServer;
  let [home, away] = ['', ''];
  before(async () => {
    server = await startTestServer();
    [home = '', away = ''] = await createOrganizations(server.db, 'Home', 'Away');
  });
  after(() => server.stop());

  let users = 0;
  const newEmail = () => `person-${++users}@example.com`;
  const create = (json: object, token?: string, at = server) =>
    at.api('POST', '/api/users/', {
      json: { email: newEmail(), password: PASSWORD, name: 'Jo', ...json },
      ...(token && { token }),
    });

  it('answers 201 with every client’s fields and no secret', async () => {
    const email = newEmail();
    const profile = { coren: '123456-PR', specialty: 'Stomatherapy', institution: 'Hospital' };
    const { status, body } = await create({ email, name: '  John Doe ', username: 'john.doe', ...profile });
    assert.equal(status, 201);
    const { id, created_at, ...rest } = body;
    assert.match(String(id), /^[\da-f-]{36}$/);
    assert.ok(Date.parse(String(created_at)));
    assert.deepEqual(rest, {
      email,
      name: 'John Doe',
      username: 'john.doe',
      role: 'customer',
      roles: [],
      is_admin: false,
      is_active: true,
      ...profile,
      organization_id: null,
      last_active: null,
    });
    assert.doesNotMatch(JSON.stringify(body), /password|pbkdf2/);
  });

  it('answers at each of the contracts’ paths', async () => {
    for (const path of ['/auth/register/', '/api/auth/register', '/users', '/api/users/']) {
      const json = { email: newEmail(), password: PASSWORD, name: 'Jo' };
      assert.equal((await server.api('POST', path, { json })).status, 201, path);
    }
  });

  it('takes the e-mail for a username where none is given, also when it is given as one', async () => {
    const email = newEmail();
    assert.equal((await create({ email })).body.username, email);
    const other = newEmail();
    assert.equal((await create({ email: other, username: other.toUpperCase() })).status, 201);
  });

  it('names every field that is wrong at once', async () => {
    const { status, body } = await create({
      email: 'nonsense',
      password: 'short',
      name: ' ',
      username: 'a b',
      coren: 'x'.repeat(201),
      organization_id: 'none',
    });
    assert.equal(status, 400);
    const fields = ['coren', 'email', 'name', 'organization_id', 'password', 'username'];
    assert.deepEqual(Object.keys(body.errors as object).sort(), fields);
  });

  it('refuses usernames in letters that only look like others', async () => {
    for (const username of ['\uff41dmin', 'of\ufb01ce', '\u{1d5ba}dmin', 'nurse\u00b2', '\u2460st']) {
      const { status, body } = await create({ username });
      assert.deepEqual([status, Object.keys(body.errors as object)], [400, ['username']], username);
    }
    const changed = await server.signUp();
    const { status } = await server.api('PATCH', `/users/${changed.user.id}`, {
      token: changed.token,
      json: { username: '\uff41dmin', current_password: TEST_PASSWORD },
    });
    assert.equal(status, 400);
    for (const username of ['Jos\u00e9', '\u4e2d\u6587', '\u0436\u0443\u043a']) {
      assert.equal((await create({ username })).status, 201, username);
    }
  });

  it('takes e-mails of up to 254 characters', async () => {
    const ofLength = (length: number) => {
      const domain = `${`${'d'.repeat(60)}.`.repeat(4)}com`;
      return `${'u'.repeat(length - domain.length - 1)}@${domain}`;
    };
    const { status, body } = await create({ email: ofLength(255) });
    assert.deepEqual([status, Object.keys(body.errors as object)], [400, ['email']]);
    assert.equal((await create({ email: ofLength(254) })).status, 201);
  });

  it('refuses names that are taken in any case, be it as username or as e-mail', async () => {
    const email = newEmail();
    await create({ email, username: 'Taken' });
    const refused = async (json: object) => Object.keys((await create(json)).body.errors as object);
    assert.deepEqual(await refused({ email: email.toUpperCase() }), ['email']);
    assert.deepEqual(await refused({ username: 'tAKEN' }), ['username']);
    assert.deepEqual(await refused({ username: email }), ['username']);
    assert.deepEqual(await refused({ username: 'nobody@example.com' }), ['username']);
  });

  it('keeps at the database that a name leads to one user only', async () => {
    const { user } = await server.signUp();
    const username = 'somebody-else@example.com';
    const patch = async (columns: Partial<User>) => User.query(server.db).findById(user.id).patch(columns);
    await assert.rejects(patch({ username }), /users_username_form/);
    await assert.rejects(patch({ email: 'none' }), /users_email_form/);
  });

  it('makes one of many that are registered under one name at the same moment', async () => {
    const race = await Promise.all(Array.from({ length: 4 }, () => create({ username: 'racer' })));
    assert.deepEqual(race.map(({ status }) => status).sort(), [201, 400, 400, 400]);
    for (const { body } of race.filter(({ status }) => status === 400)) {
      assert.deepEqual(body.errors, { username: ['Username already exists.'] });
    }
  });

  describe('puts them', () => {
    it('into the organization of the administrator who makes them', async () => {
      const { token } = await server.signUp({ roles: ['ADMIN'], organizationId: home });
      assert.equal((await create({}, token)).body.organization_id, home);
      assert.equal((await create({ organization_id: home }, token)).body.organization_id, home);
      const elsewhere = await create({ organization_id: away }, token);
      assert.equal(elsewhere.status, 403);
      assert.equal((await create({ organization_id: uuidv7() }, token)).status, 403);
    });

    it('where administrators of all say, or nowhere', async () => {
      for (const roles of [['SUPER_ADMIN'], ['ADMIN']] as const) {
        const { token } = await server.signUp({ roles });
        assert.equal((await create({ organization_id: away }, token)).body.organization_id, away);
        assert.equal((await create({}, token)).body.organization_id, null);
        const { status, body } = await create({ organization_id: uuidv7() }, token);
        assert.equal(status, 400);
        assert.deepEqual(Object.keys(body.errors as object), ['organization_id']);
      }
    });

    it('nowhere when anybody else makes them, whatever he says', async () => {
      const { token } = await server.signUp({ roles: ['CUSTOMER'], organizationId: home });
      for (const who of [undefined, token]) {
        assert.equal((await create({}, who)).body.organization_id, null);
        assert.equal((await create({ organization_id: home }, who)).status, 403);
      }
    });
  });

  it('is for administrators alone while registration is closed, at either path', async () => {
    const closed = await startTestServer({ sharing: server, env: { REGISTRATION: 'closed' } });
    const { token: customer } = await server.signUp({ roles: ['CUSTOMER'], organizationId: home });
    const { token: admin } = await server.signUp({ roles: ['ADMIN'], organizationId: home });
    const json = () => ({ email: newEmail(), password: PASSWORD, name: 'Jo' });
    for (const path of ['/users', '/auth/register']) {
      assert.equal((await closed.api('POST', path, { json: json() })).status, 403);
      assert.equal((await closed.api('POST', path, { json: json(), token: customer })).status, 403);
      const { status, body } = await closed.api('POST', path, { json: json(), token: admin });
      assert.deepEqual([status, body.organization_id], [201, home]);
    }
    await closed.stop();
  });

  it('is on record with who did it, or nobody, and without the password', async () => {
    const { token, user } = await server.signUp({ roles: ['ADMIN'], organizationId: home });
    const made = (await create({ name: 'Recorded' }, token)).body;
    const registered = (await create({})).body;
    const entryOf = async (targetId: unknown) => AuditEntry.query(server.db).where({ targetId: String(targetId) });
    const [entry, ...others] = await entryOf(made.id);
    assert.equal(others.length, 0);
    assert.deepEqual([entry?.action, entry?.actorId, entry?.organizationId], ['user.created', user.id, home]);
    assert.equal(entry?.details.name, 'Recorded');
    assert.doesNotMatch(JSON.stringify(entry), new RegExp(`${PASSWORD}|pbkdf2`));
    const [own] = await entryOf(registered.id);
    assert.deepEqual([own?.actorId, own?.organizationId], [null, null]);
  });
});
