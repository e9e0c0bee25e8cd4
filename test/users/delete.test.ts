import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import { AuditEntry } from '../../models/audit-entry.js';
import { DatasetRequest } from '../../models/dataset-request.js';
import { Label } from '../../models/label.js';
import { Task } from '../../models/task.js';
import { User } from '../../models/user.js';
import { Clinic, clinicalForm, pictures } from '../images/clinic.js';
import { untilWaiting } from '../support/locks.js';
import { createOrganizations } from '../support/organizations.js';
import { renderPicture } from '../support/pictures.js';
import { startTestServer, TEST_PASSWORD, type TestServer } from '../support/server.js';

type Account = Awaited<ReturnType<TestServer['signUp']>>;

describe('deleting a user', () => {
  let server: TestServer;
  let home: string;
  let root: Account;
  let admin: Account;
  beforeEach(async () => {
    server = await startTestServer();
    [home = ''] = await createOrganizations(server.db, 'Home');
    root = await server.signUp({ roles: ['SUPER_ADMIN'] });
    admin = await server.signUp({ roles: ['ADMIN'], organizationId: home });
  });
  afterEach(() => server.stop());

  const remove = (who: Account, whom: { user: { id: string } }, query = '', json?: object) =>
    server.api('DELETE', `/users/${whom.user.id}${query}`, { token: who.token, json });
  const requestOf = async (owner: Account, title = 'Signs') => {
    const { body } = await server.api('POST', '/requests', { token: owner.token, json: { title, classes: ['stop'] } });
    return String(body.id);
  };
  const begunTask = (requestId: string, labeler: Account) =>
    Task.query(server.db).insertAndFetch({
      ...{ id: uuidv7(), requestId, labelerId: labeler.user.id, assignedBy: root.user.id, status: 'in_progress' },
    });

  /** Every row of every table, as text. */
  async function everything(): Promise<string> {
    const { rows } = await server.db.raw<{ rows: { name: string }[] }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname in ('public', 'graphile_worker')`,
    );
    const texts: string[] = [];
    for (const { name } of rows) {
      const content = await server.db.raw<{ rows: { row: string }[] }>(
        `select cast(to_jsonb(t) as text) as row from ${name} t`,
      );
      texts.push(...content.rows.map(({ row }) => `${name} ${row}`));
    }
    return texts.join('\n');
  }

  it('leaves nothing in the database that says who he was', async () => {
    const headers = { 'User-Agent': 'Graces-Browser/7' };
    const person = { email: 'grace@navy.example', username: 'amazing.grace', name: 'Grace Hopper', coren: 'SP-1906' };
    const created = await server.api('POST', '/users', { json: { ...person, password: TEST_PASSWORD }, headers });
    const grace = { user: { id: String(created.body.id) } };
    const logIn = () =>
      server.api('POST', '/auth/login', { json: { email: person.email, password: TEST_PASSWORD }, headers });
    const token = String((await logIn()).body.access);
    const call = (method: string, path: string, json: object) =>
      server.api(method, path, { token, json, headers: { ...headers, 'Idempotency-Key': uuidv7() } });
    const personal = await call('POST', '/auth/tokens', { name: 'Graces script', scope: 'write' });
    await call('POST', '/webhooks', { url: 'https://grace.example/hook', events: ['request.created'] });
    await call('PATCH', `/users/${grace.user.id}`, { name: 'Grace B. Hopper' });
    await server.api('PATCH', `/users/${grace.user.id}`, { token: root.token, json: { roles: ['LABELER'] } });
    const request = await requestOf(root);
    await server.api('POST', '/admin/assign', {
      token: root.token,
      json: { request_id: request, labeler_username: person.username },
    });
    await server.api('POST', '/auth/login', { json: { email: person.email, password: 'wrong' }, headers });
    const traces = /grace|hopper|SP-1906/i;
    assert.match(await everything(), traces);

    assert.deepEqual((await remove(root, grace)).body, { status: 'deleted', id: grace.user.id });
    const left = (await everything()).split('\n').filter((row) => traces.test(row));
    // What he chose to call a token and an address of his own is on record as what was done.
    const chosen = /Graces script|grace\.example/;
    assert.deepEqual(
      left.filter((row) => !(row.startsWith('public.audit_log') && chosen.test(row) && !row.includes('Browser'))),
      [],
    );

    for (const credential of [token, String(personal.body.token)]) {
      assert.equal((await server.api('GET', '/auth/me', { token: credential })).status, 401);
    }
    assert.equal((await logIn()).status, 401);
    assert.equal((await server.api('GET', `/users/${grace.user.id}`, { token: root.token })).status, 404);
    assert.equal((await remove(root, grace)).status, 404, 'it is for good');
    const patched = await server.api('PATCH', `/users/${grace.user.id}`, {
      token: root.token,
      json: { is_active: true },
    });
    assert.equal(patched.status, 404);
    const listed = await server.api<{ id: string }[]>('GET', '/admin/users', { token: root.token });
    assert.ok(!listed.body.some(({ id }) => id === grace.user.id));
    assert.equal(
      (await server.api('POST', '/users', { json: { ...person, password: TEST_PASSWORD } })).status,
      201,
      'another',
    );
  });

  it('keeps on record what was done, by whom and to whom, and that alone may ever be taken out', async () => {
    const user = await server.signUp({ organizationId: home });
    await server.api('PATCH', `/users/${user.user.id}`, { token: user.token, json: { name: 'Somebody' } });
    const about = () => AuditEntry.query(server.db).where({ targetId: user.user.id }).orderBy('id');
    const [before] = await about();
    assert.ok(before);
    await assert.rejects(async () => before.$query(server.db).patch({ details: {} }), /new rows only/);
    await remove(admin, user);
    const entries = await about();
    assert.deepEqual(
      entries.map(({ action, actorId, organizationId, details, ip }) => [
        action,
        actorId,
        organizationId,
        details,
        ip !== null,
      ]),
      [
        ['user.updated', user.user.id, home, {}, false],
        ['user.deleted', admin.user.id, home, { roles: [], requests: 0 }, true],
      ],
    );
    for (const forgery of [
      { action: 'user.created' },
      { actorId: null },
      { details: { roles: ['ADMIN'] } },
      { ip: '::1' },
    ]) {
      await assert.rejects(async () => entries[0]!.$query(server.db).patch(forgery), /new rows only/);
    }
    await assert.rejects(
      async () => AuditEntry.query(server.db).where({ actorId: root.user.id }).delete(),
      /new rows only/,
    );
  });

  it('leaves what he labelled and classified to those who need it', async () => {
    const labeler = await server.signUp({ roles: ['LABELER'] });
    const requestId = await requestOf(root);
    const form = new FormData();
    form.append('files', new File([new Uint8Array(await renderPicture({ seed: 1, width: 96, height: 64 }))], 'a.jpg'));
    await server.api('POST', `/requests/${requestId}/uploads`, { token: root.token, form });
    const task = await begunTask(requestId, labeler);
    const tasks = await server.api<{ images: { image_id: string }[] }>('GET', `/tasks/${task.id}`, {
      token: labeler.token,
    });
    const json = { image_id: tasks.body.images[0]?.image_id, labels: ['stop'] };
    assert.equal((await server.api('POST', `/tasks/${task.id}/labels`, { token: labeler.token, json })).status, 200);
    assert.equal((await remove(root, labeler)).status, 200);
    assert.equal(await Label.query(server.db).where({ taskId: task.id }).resultSize(), 1);
    const quality = await server.api('GET', `/requests/${requestId}/label-quality`, { token: root.token });
    assert.match(JSON.stringify(quality.body), /Deleted user/);

    const clinic = await Clinic.open();
    const [nurse, colleague] = [await clinic.join(), await clinic.join()];
    const [imageId = ''] = await nurse.have(1);
    await nurse.classify(imageId, 'estagio2');
    const deletion = await nurse.call('DELETE', `/users/${nurse.id}`, { current_password: TEST_PASSWORD });
    assert.equal(deletion.status, 200);
    const seen = await colleague.call<{ user_name: string; stage: string }[]>(
      'GET',
      `/classifications/?image_id=${imageId}`,
    );
    assert.deepEqual(
      seen.body.map(({ user_name: name, stage }) => [name, stage]),
      [['Deleted user', 'estagio2']],
    );
    await clinic.close();
  });

  describe('who owns requests', () => {
    it('asks what becomes of them', async () => {
      const owner = await server.signUp({ organizationId: home });
      await requestOf(owner);
      const { status, body } = await remove(admin, owner);
      assert.equal(status, 409);
      assert.match(String(body.message), /owns a request\. .*requests=delete .*requests=keep/);
      assert.equal((await server.api('GET', '/auth/me', { token: owner.token })).status, 200, 'nothing was done');
    });

    it('takes them along', async () => {
      const owner = await server.signUp({ organizationId: home });
      const ids = [await requestOf(owner), await requestOf(owner)];
      assert.equal((await remove(admin, owner, '?requests=delete')).status, 200);
      for (const id of ids) {
        assert.equal((await server.api('GET', `/requests/${id}`, { token: admin.token })).status, 404);
        assert.equal((await server.db('graphile_worker.jobs').where({ key: `clearRequests:${id}` })).length, 1);
      }
      const entries = await AuditEntry.query(server.db).where({ action: 'request.deleted', actorId: admin.user.id });
      assert.equal(entries.length, 2);
    });

    it('or leaves them to the administrators', async () => {
      const owner = await server.signUp({ organizationId: home });
      const id = await requestOf(owner);
      assert.equal((await remove(admin, owner, '?requests=keep')).status, 200);
      const { body } = await server.api<object[]>('GET', '/requests', { token: admin.token });
      const [row] = body as { id: string; owner_name: string }[];
      assert.deepEqual([row?.id, row?.owner_name], [id, 'Deleted user']);
    });

    it('is not deleted while one of them cannot be, and none of them then', async () => {
      const owner = await server.signUp({ organizationId: home });
      const ids = [await requestOf(owner, 'Free'), await requestOf(owner, 'Busy')];
      await server.api('POST', `/requests/${ids[1]}/qc/run`, { token: owner.token });
      const { status, body } = await remove(admin, owner, '?requests=delete');
      assert.equal(status, 409);
      assert.match(String(body.message), /^Quality control of the request “Busy” is running/);
      assert.equal(await DatasetRequest.query(server.db).whereIn('id', ids).whereNull('deletedAt').resultSize(), 2);
      assert.equal((await server.api('GET', '/auth/me', { token: owner.token })).status, 200);
    });

    it('makes none while he is being deleted', async () => {
      const owner = await server.signUp({ organizationId: home });
      const gate = await server.db.transaction();
      await User.query(gate).findById(owner.user.id).forUpdate();
      const deletion = remove(admin, owner);
      await untilWaiting(server.db, 1);
      const order = server.api('POST', '/requests', { token: owner.token, json: { title: 'Signs' } });
      const hook = server.api('POST', '/webhooks', {
        token: owner.token,
        json: { url: 'https://example.com', events: ['qc.completed'] },
      });
      const form = clinicalForm('image', await pictures(1));
      const wound = server.api('POST', '/images/upload/single', { token: owner.token, form });
      await untilWaiting(server.db, 4);
      await gate.commit();
      const calls = await Promise.all([deletion, order, hook, wound]);
      assert.deepEqual(
        calls.map(({ status }) => status),
        [200, 401, 401, 401],
      );
      assert.equal((await server.db('images')).length, 0);
      assert.equal(await DatasetRequest.query(server.db).where({ ownerId: owner.user.id }).resultSize(), 0);
      assert.equal((await server.db('webhooks')).length, 0);
    });
  });

  it('is everybody’s own to do, with his password', async () => {
    const user = await server.signUp({ roles: ['CUSTOMER'] });
    for (const json of [undefined, { current_password: 'wrong' }]) {
      const { status, body } = await remove(user, user, '', json);
      assert.equal(status, 400);
      assert.deepEqual(Object.keys(body.errors as object), ['current_password']);
    }
    const id = await requestOf(user, 'Begun');
    await begunTask(id, await server.signUp({ roles: ['LABELER'] }));
    const json = { current_password: TEST_PASSWORD };
    const refused = await remove(user, user, '?requests=delete', json);
    assert.equal(refused.status, 409);
    assert.match(String(refused.body.message), /^A labeler has begun with the request “Begun”: ask an administrator/);
    assert.equal((await remove(user, user, '?requests=keep', json)).status, 200);
    assert.equal((await server.api('GET', '/auth/me', { token: user.token })).status, 401);
  });

  it('is not done to the last administrator, nor to both of the last two at the same moment', async () => {
    const json = { current_password: TEST_PASSWORD };
    const { status, body } = await remove(root, root, '', json);
    assert.equal(status, 409);
    assert.match(String(body.message), /last active SUPER_ADMIN/);
    assert.equal((await server.api('GET', '/auth/me', { token: root.token })).status, 200);

    const other = await server.signUp({ roles: ['SUPER_ADMIN'] });
    const answers = await Promise.all([remove(root, other), remove(other, root)]);
    assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
    assert.equal(
      await User.query(server.db)
        .joinRelated('userRoles')
        .where({ isActive: true, roleCode: 'SUPER_ADMIN' })
        .resultSize(),
      1,
    );
  });
});
