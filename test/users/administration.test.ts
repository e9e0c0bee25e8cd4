import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { AuditEntry } from '../../models/audit-entry.js';
import { DatasetRequest } from '../../models/dataset-request.js';
import { PersonalAccessToken } from '../../models/personal-access-token.js';
import { Session } from '../../models/session.js';
import type { RoleCode } from '../../models/user-role.js';
import { User } from '../../models/user.js';
import { untilWaiting } from '../support/locks.js';
import { createOrganizations } from '../support/organizations.js';
import { startTestServer, type TestServer } from '../support/server.js';

type Account = Awaited<ReturnType<TestServer['signUp']>>;

const LOCK = `select pg_advisory_xact_lock(hashtext('who administers'))`;

describe('administering users', () => {
  let server: TestServer;
  let [home, away] = ['', ''];
  let superAdmin: Account;
  let general: Account;
  let admin: Account;
  before(async () => {
    server = await startTestServer();
    [home = '', away = ''] = await createOrganizations(server.db, 'Home', 'Away');
    superAdmin = await server.signUp({ roles: ['SUPER_ADMIN'] });
    general = await server.signUp({ roles: ['ADMIN'] });
    admin = await server.signUp({ roles: ['ADMIN'], organizationId: home });
  });
  after(() => server.stop());

  const patch = (who: Account, whom: Account, json: object) =>
    server.api('PATCH', `/api/users/${whom.user.id}/`, { token: who.token, json });
  const grant = (who: Account, whom: { user: { id: string } }, role_code: string) =>
    server.api('POST', `/api/users/${whom.user.id}/roles/`, { token: who.token, json: { role_code } });
  const remove = (who: Account, whom: { user: { id: string } }, role: string) =>
    server.api('DELETE', `/api/users/${whom.user.id}/roles/${role}/`, { token: who.token });
  const rolesOf = async ({ user }: Account) =>
    (await server.api('GET', `/users/${user.id}`, { token: superAdmin.token })).body.roles as RoleCode[];
  const eventsOf = async ({ user }: Account) => {
    const entries = await AuditEntry.query(server.db).where({ targetId: user.id }).orderBy('id');
    return entries.map(({ action, details, actorId }) => ({ action, details, actorId }));
  };

  describe('roles', () => {
    it('are given and taken as the contract has it, twice the same as once, each on record once', async () => {
      const user = await server.signUp({ organizationId: home });
      for (let times = 0; times < 2; times++) {
        const given = await grant(admin, user, 'LABELER');
        assert.deepEqual([given.status, given.body.id, given.body.roles], [200, user.user.id, ['LABELER']]);
      }
      await grant(admin, user, 'CUSTOMER');
      for (let times = 0; times < 2; times++) {
        const taken = await remove(admin, user, 'LABELER');
        assert.deepEqual([taken.status, taken.body.email, taken.body.roles], [200, user.user.email, ['CUSTOMER']]);
      }
      const actorId = admin.user.id;
      assert.deepEqual(await eventsOf(user), [
        { action: 'role.granted', details: { role_code: 'LABELER' }, actorId },
        { action: 'role.granted', details: { role_code: 'CUSTOMER' }, actorId },
        { action: 'role.removed', details: { role_code: 'LABELER' }, actorId },
      ]);
    });

    it('that do not exist, and users who do not, are 404', async () => {
      const user = await server.signUp();
      for (const change of [grant, remove]) {
        assert.equal((await change(superAdmin, user, 'KING')).status, 404);
        assert.equal((await change(superAdmin, user, 'admin')).status, 404);
        for (const id of [uuidv7(), 'nobody']) {
          const { status, body } = await change(superAdmin, { user: { id } }, 'ADMIN');
          assert.deepEqual([status, body.message], [404, 'User not found.']);
        }
      }
    });

    it('are not for users to give themselves or take from themselves, nor for administrators of others', async () => {
      const user = await server.signUp({ roles: ['LABELER'], organizationId: home });
      const foreign = await server.signUp({ roles: ['ADMIN'], organizationId: away });
      for (const change of [grant, remove]) {
        assert.equal((await change(user, user, 'LABELER')).status, 403);
        assert.equal((await change(foreign, user, 'LABELER')).status, 404);
        assert.equal((await change(admin, user, 'SUPER_ADMIN')).status, 403);
        assert.equal((await change(general, superAdmin, 'LABELER')).status, 403);
        assert.equal((await change(general, superAdmin, 'SUPER_ADMIN')).status, 403);
      }
      assert.equal((await server.api('DELETE', `/users/${user.user.id}/roles/LABELER`)).status, 401);
    });

    it('are set all at once, or not at all', async () => {
      const user = await server.signUp({ roles: ['LABELER', 'CUSTOMER'], organizationId: home });
      const set = await patch(admin, user, { roles: ['VIEWER', 'CUSTOMER', 'VIEWER'] });
      assert.deepEqual([set.status, set.body.roles], [200, ['CUSTOMER', 'VIEWER']]);
      assert.equal((await patch(admin, user, { roles: ['ADMIN', 'SUPER_ADMIN'], name: 'Never' })).status, 403);
      assert.equal((await patch(user, user, { roles: [] })).status, 403);
      assert.deepEqual(await rolesOf(user), ['CUSTOMER', 'VIEWER']);
      assert.deepEqual((await patch(admin, user, { roles: [] })).body.roles, []);
    });

    it('hold at once', async () => {
      const user = await server.signUp({ organizationId: home });
      await grant(admin, user, 'ADMIN');
      assert.equal((await server.api('GET', '/admin/users', { token: user.token })).status, 200);
      await remove(admin, user, 'ADMIN');
      assert.equal((await server.api('GET', '/admin/users', { token: user.token })).status, 403);
    });

    it('given by many at the same moment are given once', async () => {
      const user = await server.signUp();
      const answers = await Promise.all(Array.from({ length: 5 }, () => grant(superAdmin, user, 'LABELER')));
      assert.ok(answers.every(({ status }) => status === 200));
      assert.equal((await eventsOf(user)).length, 1);
    });
  });

  describe('deactivation', () => {
    async function withAccess() {
      const account = await server.signUp({ organizationId: home });
      const expiresAt = new Date(Date.now() + 3_600_000);
      const userId = account.user.id;
      const token = { name: 'script', scope: 'read', tokenHash: randomBytes(32), expiresAt } as const;
      await PersonalAccessToken.query(server.db).insert({ id: uuidv7(), userId, ...token });
      const live = async () => ({
        sessions: await Session.query(server.db).where({ userId }).whereNull('revokedAt').resultSize(),
        tokens: await PersonalAccessToken.query(server.db).where({ userId }).whereNull('revokedAt').resultSize(),
      });
      return { ...account, live };
    }

    it('ends every session and token at once, and letting him in again brings none back', async () => {
      const user = await withAccess();
      assert.equal((await server.api('GET', '/auth/me', { token: user.token })).status, 200);
      const put = await patch(admin, user, { is_active: false });
      assert.deepEqual([put.status, put.body.is_active], [200, false]);
      assert.deepEqual(await user.live(), { sessions: 0, tokens: 0 });
      assert.equal((await server.api('GET', '/auth/me', { token: user.token })).status, 401);

      // As a sign-in would leave it that was under way as he was put out.
      const late = { id: uuidv7(), userId: user.user.id, expiresAt: new Date(Date.now() + 3_600_000) };
      await Session.query(server.db).insert(late);
      const back = await patch(admin, user, { is_active: true });
      assert.deepEqual([back.status, back.body.is_active], [200, true]);
      assert.deepEqual(await user.live(), { sessions: 0, tokens: 0 });
      assert.equal((await server.api('GET', '/auth/me', { token: user.token })).status, 401);
      assert.deepEqual(
        (await eventsOf(user)).map(({ action, details }) => [action, details]),
        [
          ['user.deactivated', { sessions_ended: 1, tokens_revoked: 1 }],
          ['user.reactivated', { sessions_ended: 1, tokens_revoked: 0 }],
        ],
      );
    });

    it('ends nothing when it is refused', async () => {
      const user = await withAccess();
      const foreign = await server.signUp({ roles: ['ADMIN'], organizationId: away });
      assert.equal((await patch(foreign, user, { is_active: false })).status, 404);
      assert.equal((await patch(user, user, { is_active: false })).status, 403);
      assert.equal((await patch(general, superAdmin, { is_active: false })).status, 403);
      assert.equal((await patch(admin, user, { is_active: false, roles: ['SUPER_ADMIN'] })).status, 403);
      assert.deepEqual(await user.live(), { sessions: 1, tokens: 1 });
      assert.deepEqual(await eventsOf(user), []);
    });

    it('is not undone by saying again what is so', async () => {
      const user = await withAccess();
      assert.equal((await patch(admin, user, { is_active: true })).status, 200);
      assert.deepEqual(await user.live(), { sessions: 1, tokens: 1 });
    });
  });

  describe('moving a user', () => {
    const requestOf = async (owner: Account) => {
      const { body } = await server.api('POST', '/requests', { token: owner.token, json: { title: 'Signs' } });
      return String(body.id);
    };

    it('takes along what he owns, and is on record in both organizations', async () => {
      const user = await server.signUp({ organizationId: home });
      const away_admin = await server.signUp({ roles: ['ADMIN'], organizationId: away });
      const request = await requestOf(user);
      const sees = async (who: Account) =>
        (await server.api('GET', `/requests/${request}`, { token: who.token })).status;
      assert.deepEqual([await sees(admin), await sees(away_admin)], [200, 404]);

      const moved = await patch(general, user, { organization_id: away });
      assert.deepEqual([moved.status, moved.body.organization_id], [200, away]);
      assert.deepEqual([await sees(admin), await sees(away_admin), await sees(user)], [404, 200, 200]);
      const entries = await AuditEntry.query(server.db).where({ targetId: user.user.id }).orderBy('id');
      assert.deepEqual(entries.map(({ organizationId }) => organizationId).sort(), [home, away].sort());
      for (const { action, details } of entries) {
        assert.equal(action, 'user.updated');
        assert.deepEqual(details, { before: { organization_id: home }, after: { organization_id: away } });
      }

      assert.equal((await patch(general, user, { organization_id: null })).body.organization_id, null);
      assert.deepEqual([await sees(admin), await sees(away_admin), await sees(general)], [404, 404, 200]);
    });

    it('is on record in both organizations with all that changed at once', async () => {
      const user = await server.signUp({ roles: ['LABELER'], organizationId: home });
      const json = { organization_id: away, is_active: false, roles: ['CUSTOMER'] };
      assert.equal((await patch(general, user, json)).status, 200);
      const entries = await AuditEntry.query(server.db).where({ targetId: user.user.id });
      const actions = ['role.granted', 'role.removed', 'user.deactivated', 'user.updated'];
      for (const place of [home, away]) {
        const there = entries.filter(({ organizationId }) => organizationId === place);
        assert.deepEqual(there.map(({ action }) => action).sort(), actions);
      }
      assert.equal(entries.length, 8);

      assert.equal((await patch(general, user, { organization_id: null, roles: [] })).status, 200);
      const [taken, ...others] = await AuditEntry.query(server.db)
        .where({ targetId: user.user.id, action: 'role.removed' })
        .whereJsonSupersetOf('details', { role_code: 'CUSTOMER' });
      assert.deepEqual([taken?.organizationId, others.length], [away, 0], 'nowhere is no organization');
    });

    it('is for administrators of all, to an organization that is there', async () => {
      const user = await server.signUp({ organizationId: home });
      assert.equal((await patch(admin, user, { organization_id: away })).status, 403);
      assert.equal((await patch(user, user, { organization_id: null })).status, 403);
      assert.equal((await patch(general, superAdmin, { organization_id: home })).status, 403);
      const nowhere = await patch(general, user, { organization_id: uuidv7() });
      assert.deepEqual([nowhere.status, Object.keys(nowhere.body.errors as object)], [400, ['organization_id']]);
      assert.equal((await User.query(server.db).findById(user.user.id))?.organizationId, home);
    });

    it('leaves nothing behind that he makes at the same moment', async () => {
      const user = await server.signUp({ organizationId: home });
      const move = await server.db.transaction();
      await User.query(move).findById(user.user.id).patch({ organizationId: away });
      const made = requestOf(user);
      await untilWaiting(server.db, 1);
      await move.commit();
      const request = await DatasetRequest.query(server.db).findById(await made);
      assert.equal(request?.organizationId, away);
    });
  });
});

describe('the last administrator', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer();
  });
  afterEach(() => server.stop());

  const deactivate = (who: Account, whom: Account) =>
    server.api('PATCH', `/users/${whom.user.id}`, { token: who.token, json: { is_active: false } });
  const remove = (who: Account, whom: Account, role: RoleCode = 'SUPER_ADMIN') =>
    server.api('DELETE', `/users/${whom.user.id}/roles/${role}`, { token: who.token });
  const setRoles = (who: Account, whom: Account, roles: RoleCode[]) =>
    server.api('PATCH', `/users/${whom.user.id}`, { token: who.token, json: { roles } });

  async function activeSuperAdmins(): Promise<number> {
    return User.query(server.db)
      .joinRelated('userRoles')
      .where({ isActive: true, roleCode: 'SUPER_ADMIN' })
      .resultSize();
  }

  /** Lets the calls in when all of them have been let past their authorisation and wait for their turn. */
  async function atOnce(calls: (() => Promise<{ status: number }>)[]): Promise<number[]> {
    const gate = await server.db.transaction();
    await gate.raw(LOCK);
    const answers = calls.map((call) => call());
    await untilWaiting(server.db, calls.length);
    await gate.commit();
    return (await Promise.all(answers)).map(({ status }) => status).sort();
  }

  it('of all neither loses the role nor is deactivated, whoever asks', async () => {
    const last = await server.signUp({ roles: ['SUPER_ADMIN', 'ADMIN'] });
    await server.signUp({ roles: ['SUPER_ADMIN'], isActive: false });
    for (const attempt of [deactivate(last, last), remove(last, last), setRoles(last, last, ['ADMIN'])]) {
      const { status, body } = await attempt;
      assert.equal(status, 409);
      assert.match(String(body.message), /last active SUPER_ADMIN/);
    }
    assert.equal(await activeSuperAdmins(), 1);
    assert.equal((await remove(last, last, 'ADMIN')).status, 200);
    assert.equal((await setRoles(last, last, ['SUPER_ADMIN', 'LABELER'])).status, 200);
    assert.equal(await AuditEntry.query(server.db).where({ action: 'user.deactivated' }).resultSize(), 0);
  });

  it('may go once there is another', async () => {
    const [one, other] = [await server.signUp({ roles: ['SUPER_ADMIN'] }), await server.signUp()];
    const promoted = await setRoles(one, other, ['SUPER_ADMIN']);
    assert.equal(promoted.status, 200);
    assert.equal((await remove(one, one)).status, 200);
    assert.equal((await remove(other, other)).status, 409);
  });

  it('of all organizations stays one, even where others administer theirs', async () => {
    const last = await server.signUp({ roles: ['ADMIN'] });
    const [organizationId = ''] = await createOrganizations(server.db, 'A clinic');
    const home = await server.signUp({ roles: ['ADMIN'], organizationId });
    const move = (whom: Account) =>
      server.api('PATCH', `/users/${whom.user.id}`, { token: last.token, json: { organization_id: organizationId } });
    for (const attempt of [() => move(last), () => remove(last, last, 'ADMIN'), () => deactivate(last, last)]) {
      const { status, body } = await attempt();
      assert.equal(status, 409);
      assert.match(String(body.message), /last active administrator of all organizations/);
    }
    assert.equal((await remove(last, home, 'ADMIN')).status, 200);
    const other = await server.signUp({ roles: ['ADMIN'] });
    assert.equal((await move(other)).status, 200);
  });

  it('is one of two who take the role from each other at the same moment', async () => {
    const [one, other] = [
      await server.signUp({ roles: ['SUPER_ADMIN'] }),
      await server.signUp({ roles: ['SUPER_ADMIN'] }),
    ];
    assert.deepEqual(await atOnce([() => remove(one, other), () => remove(other, one)]), [200, 404], 'he is none now');
    assert.equal(await activeSuperAdmins(), 1);
  });

  it('is one of many who give it up in every way at the same moment', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => server.signUp({ roles: ['SUPER_ADMIN'] })));
    const ways = [deactivate, remove, (who: Account, whom: Account) => setRoles(who, whom, [])];
    const calls = all.map((who, index) => () => ways[index % 3]!(who, who));
    assert.deepEqual(await atOnce(calls), [200, 200, 200, 200, 200, 409]);
    assert.equal(await activeSuperAdmins(), 1);
  });

  it('leaves no moment in which the system can be claimed', async () => {
    const [last, stranger] = [await server.signUp({ roles: ['ADMIN'] }), await server.signUp()];
    const claim = () =>
      server.api('POST', `/users/${stranger.user.id}/roles`, {
        token: stranger.token,
        json: { role_code: 'SUPER_ADMIN' },
      });
    assert.deepEqual(await atOnce([() => deactivate(last, last), claim]), [403, 409]);
    assert.equal((await remove(last, last, 'ADMIN')).status, 409);
  });
});
