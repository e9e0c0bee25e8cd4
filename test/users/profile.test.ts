import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import { AuditEntry } from '../../models/audit-entry.js';
import { User } from '../../models/user.js';
import { findUserByName } from '../../src/features/users/find.js';
import { createOrganizations } from '../support/organizations.js';
import { startTestServer, TEST_PASSWORD, type TestServer } from '../support/server.js';

type Account = Awaited<ReturnType<TestServer['signUp']>>;

describe('the account of a user', () => {
  let server: TestServer;
  let [home, away] = ['', ''];
  before(async () => {
    server = await startTestServer();
    [home = '', away = ''] = await createOrganizations(server.db, 'Home', 'Away');
  });
  after(() => server.stop());

  const read = (who: Account, whom: string) => server.api('GET', `/api/users/${whom}/`, { token: who.token });
  const patch = (who: Account, whom: string, json: object) =>
    server.api('PATCH', `/api/users/${whom}`, { token: who.token, json });
  const faultsOf = ({ body }: { body: Record<string, unknown> }) => Object.keys(body.errors ?? {});
  const current_password = TEST_PASSWORD;

  it('is read by himself and who administers him, and is not there for others', async () => {
    const owner = await server.signUp({ organizationId: home });
    const expected: [Parameters<TestServer['signUp']>[0], number][] = [
      [{ roles: ['ADMIN'], organizationId: home }, 200],
      [{ roles: ['ADMIN'] }, 200],
      [{ roles: ['SUPER_ADMIN'] }, 200],
      [{ roles: ['ADMIN'], organizationId: away }, 404],
      [{ roles: ['VIEWER'], organizationId: home }, 404],
      [{ roles: ['CUSTOMER', 'LABELER'], organizationId: home }, 404],
    ];
    assert.equal((await read(owner, owner.user.id)).status, 200);
    for (const [options, status] of expected) {
      const answer = await read(await server.signUp(options), owner.user.id);
      assert.equal(answer.status, status, JSON.stringify(options));
      assert.doesNotMatch(JSON.stringify(answer.body), /pbkdf2/);
    }
    const admin = await server.signUp({ roles: ['SUPER_ADMIN'] });
    for (const id of [uuidv7(), 'none', '%20', '..%2f']) assert.equal((await read(admin, id)).status, 404, id);
  });

  it('is his to change in part, whatever his role', async () => {
    for (const roles of [[], ['VIEWER']] as const) {
      const owner = await server.signUp({ roles });
      const first = await patch(owner, owner.user.id, { coren: ' 1-PR ', specialty: 'Burns' });
      assert.deepEqual([first.status, first.body.coren, first.body.specialty], [200, '1-PR', 'Burns']);
      const second = await patch(owner, owner.user.id, { name: 'Ana', coren: null, specialty: '' });
      const { name, coren, specialty, email } = second.body;
      assert.deepEqual([name, coren, specialty, email], ['Ana', null, null, owner.user.email]);
    }
  });

  it('may be sent back as it was shown', async () => {
    const owner = await server.signUp({ roles: ['CUSTOMER'], organizationId: home });
    const { body } = await read(owner, owner.user.id);
    const back = await patch(owner, owner.user.id, { ...body, institution: 'Clinic' });
    assert.deepEqual([back.status, back.body.institution], [200, 'Clinic']);
    assert.equal((await patch(owner, owner.user.id, {})).status, 200);
    assert.equal(await AuditEntry.query(server.db).where({ targetId: owner.user.id }).resultSize(), 1);
  });

  it('changes its sign-in names with the present password only', async () => {
    const owner = await server.signUp();
    for (const json of [{ email: 'new-one@example.com' }, { username: 'new-one' }]) {
      const missing = await patch(owner, owner.user.id, json);
      assert.deepEqual([missing.status, faultsOf(missing)], [400, ['current_password']]);
      const wrong = await patch(owner, owner.user.id, { ...json, current_password: 'guessed it' });
      assert.deepEqual([wrong.status, faultsOf(wrong)], [400, ['current_password']]);
      assert.equal((await patch(owner, owner.user.id, { ...json, current_password })).status, 200);
    }
    const row = await User.query(server.db).findById(owner.user.id);
    assert.deepEqual([row?.email, row?.username], ['new-one@example.com', 'new-one']);
  });

  it('keeps signing in with its e-mail when the e-mail changes, and gives the former one free', async () => {
    const former = 'former@example.com';
    const { body } = await server.api('POST', '/users', {
      json: { email: former, password: TEST_PASSWORD, name: 'F' },
    });
    const login = await server.api('POST', '/auth/login', { json: { email: former, password: TEST_PASSWORD } });
    const owner = { token: String(login.body.token), user: { id: String(body.id), email: former, username: former } };
    const changed = await patch(owner, owner.user.id, { email: 'Later@example.com', current_password });
    assert.deepEqual([changed.status, changed.body.username], [200, 'Later@example.com']);
    assert.equal(await findUserByName(server.db, former), undefined);
    assert.equal((await findUserByName(server.db, 'LATER@example.com'))?.id, owner.user.id);
    const json = { email: former, password: TEST_PASSWORD, name: 'G' };
    assert.equal((await server.api('POST', '/users', { json })).status, 201);
  });

  it('takes no name of somebody else, also by calls at the same moment', async () => {
    const [owner, other] = [await server.signUp(), await server.signUp()];
    const attempts: [object, string][] = [
      [{ email: other.user.email.toUpperCase() }, 'email'],
      [{ username: other.user.username.toUpperCase() }, 'username'],
      [{ username: other.user.email }, 'username'],
      [{ username: 'nobody@example.com' }, 'username'],
    ];
    for (const [json, field] of attempts) {
      const answer = await patch(owner, owner.user.id, { ...json, current_password });
      assert.deepEqual([answer.status, faultsOf(answer)], [400, [field]], JSON.stringify(json));
    }
    const racers = await Promise.all(Array.from({ length: 5 }, () => server.signUp()));
    const race = await Promise.all(
      racers.map((racer) => patch(racer, racer.user.id, { username: 'wanted', current_password })),
    );
    assert.deepEqual(race.map(({ status }) => status).sort(), [200, 400, 400, 400, 400]);
  });

  it('never lets a name lead to two, whatever is renamed and registered at once', async () => {
    const [owner, name] = [await server.signUp(), 'meeting@example.com'];
    const answers = await Promise.all([
      patch(owner, owner.user.id, { email: name, current_password }),
      server.api('POST', '/users', { json: { email: name, password: TEST_PASSWORD, name: 'M' } }),
      server.api('POST', '/users', { json: { email: name, password: TEST_PASSWORD, name: 'N', username: 'n' } }),
    ]);
    assert.equal(answers.filter(({ status }) => status < 300).length, 1);
  });

  it('is changed by who administers him without his password, and on record', async () => {
    const owner = await server.signUp({ organizationId: home });
    const admin = await server.signUp({ roles: ['ADMIN'], organizationId: home });
    const { status } = await patch(admin, owner.user.id, { name: 'Corrected', email: 'corrected@example.com' });
    assert.equal(status, 200);
    const [entry] = await AuditEntry.query(server.db).where({ targetId: owner.user.id });
    assert.deepEqual(
      [entry?.action, entry?.actorId, entry?.organizationId, entry?.ip],
      ['user.updated', admin.user.id, home, '127.0.0.1'],
    );
    assert.deepEqual(entry?.details, {
      before: { name: 'Test User', email: owner.user.email },
      after: { name: 'Corrected', email: 'corrected@example.com' },
    });
  });

  it('is not there to be changed for others, and a super admin’s is not an admin’s to change', async () => {
    const owner = await server.signUp({ organizationId: home });
    const foreign = await server.signUp({ roles: ['ADMIN'], organizationId: away });
    const colleague = await server.signUp({ roles: ['CUSTOMER'], organizationId: home });
    for (const who of [foreign, colleague]) {
      assert.equal((await patch(who, owner.user.id, { name: 'Mallory' })).status, 404);
    }
    const general = await server.signUp({ roles: ['ADMIN'] });
    const superAdmin = await server.signUp({ roles: ['SUPER_ADMIN'] });
    assert.equal((await patch(general, superAdmin.user.id, { name: 'Mallory' })).status, 403);
    assert.equal((await server.api('PATCH', `/users/${owner.user.id}`, { json: { name: 'X' } })).status, 401);
  });

  it('names every field that is wrong and changes nothing', async () => {
    const owner = await server.signUp();
    const answer = await patch(owner, owner.user.id, {
      name: '',
      email: 'x',
      username: 'a@',
      coren: 7,
      roles: ['KING'],
      is_active: 'no',
      institution: 'Kept out',
    });
    assert.equal(answer.status, 400);
    const fields = ['coren', 'email', 'is_active', 'name', 'roles.0', 'username'];
    assert.deepEqual(faultsOf(answer).sort(), fields);
    assert.equal((await User.query(server.db).findById(owner.user.id))?.institution, null);
  });
});
