import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import { AuditEntry } from '../../models/audit-entry.js';
import { Organization } from '../../models/organization.js';
import { User } from '../../models/user.js';
import { untilWaiting } from '../support/locks.js';
import { createOrganizations } from '../support/organizations.js';
import { startTestServer, type TestServer } from '../support/server.js';

interface Row {
  id: string;
  name: string;
}

describe('organizations', () => {
  let server: TestServer;
  let token: string;
  before(async () => {
    server = await startTestServer();
    ({ token } = await server.signUp({ roles: ['SUPER_ADMIN'] }));
  });
  after(() => server.stop());

  let made = 0;
  const newName = () => `Organization ${++made}`;
  const create = (json: unknown, who = token) => server.api('POST', '/api/organizations/', { token: who, json });
  const at = (method: string, id: unknown, json?: unknown, who = token) =>
    server.api(method, `/organizations/${String(id)}`, { token: who, json });
  const eventsOf = async (id: unknown) =>
    AuditEntry.query(server.db)
      .where({ targetId: String(id) })
      .orderBy('id');

  it('are created, renamed and deleted, each step on record', async () => {
    const { status, body } = await create({ name: '  Prefeitura de Curitiba ' });
    assert.equal(status, 201);
    assert.deepEqual(Object.keys(body).sort(), ['created_at', 'id', 'name', 'updated_at']);
    assert.equal(body.name, 'Prefeitura de Curitiba');

    assert.equal((await at('PATCH', body.id, { name: 'PMC' })).body.name, 'PMC');
    assert.equal((await at('PATCH', body.id, { name: 'PMC' })).status, 200);
    assert.equal((await at('GET', body.id)).body.name, 'PMC');
    const deleted = await at('DELETE', body.id);
    assert.deepEqual([deleted.status, deleted.body], [204, '']);
    assert.equal((await at('GET', body.id)).status, 404);
    assert.deepEqual(
      (await eventsOf(body.id)).map(({ action, details, organizationId }) => ({ action, details, organizationId })),
      [
        { action: 'organization.created', details: { name: 'Prefeitura de Curitiba' }, organizationId: body.id },
        {
          action: 'organization.updated',
          details: { before: { name: 'Prefeitura de Curitiba' }, after: { name: 'PMC' } },
          organizationId: body.id,
        },
        { action: 'organization.deleted', details: { name: 'PMC' }, organizationId: body.id },
      ],
    );
  });

  it('need a name that no other has in any case, also among calls at the same moment', async () => {
    const name = newName();
    const { body } = await create({ name: newName() });
    const race = await Promise.all(
      [name, name.toUpperCase(), name.toLowerCase(), name].map((same) => create({ name: same })),
    );
    assert.deepEqual(race.map(({ status }) => status).sort(), [201, 400, 400, 400]);
    const taken = await at('PATCH', body.id, { name: name.toUpperCase() });
    assert.equal(taken.status, 400);
    for (const refused of [
      taken,
      await create({ name: ' ' }),
      await create({}),
      await create({ name: 'x'.repeat(201) }),
    ]) {
      assert.equal(refused.status, 400);
      assert.deepEqual(Object.keys(refused.body.errors as object), ['name']);
    }
  });

  it('are a super admin’s to change, and seen by their members', async () => {
    const [home = '', away = ''] = await createOrganizations(server.db, newName(), newName());
    const cast = [
      [{ roles: ['SUPER_ADMIN'], organizationId: away }, 200, 200],
      [{ roles: ['ADMIN'] }, 200, 403],
      [{ roles: ['ADMIN'], organizationId: home }, 200, 403],
      [{ roles: ['VIEWER'], organizationId: home }, 200, 403],
      [{ organizationId: home }, 200, 403],
      [{ roles: ['ADMIN'], organizationId: away }, 404, 404],
      [{ roles: ['CUSTOMER'] }, 404, 404],
    ] as const;
    for (const [options, reads, changes] of cast) {
      const who = await server.signUp(options);
      assert.equal((await at('GET', home, undefined, who.token)).status, reads, JSON.stringify(options));
      assert.equal((await at('PATCH', home, { name: newName() }, who.token)).status, changes);
      if (changes === 200) continue;
      assert.equal((await at('DELETE', home, undefined, who.token)).status, changes);
      assert.equal((await create({ name: newName() }, who.token)).status, 403);
    }
    for (const id of [uuidv7(), 'none']) {
      for (const method of ['GET', 'PATCH', 'DELETE']) assert.equal((await at(method, id)).status, 404);
    }
  });

  it('are listed newest first in pages, to members their own', async () => {
    const names = ['Zeta', 'Alpha', 'Beta'].map((name) => `${name} listed ${newName()}`);
    const ids = await createOrganizations(server.db, ...names);
    const list = (query: string, who = token) => server.api<Row[]>('GET', `/organizations${query}`, { token: who });
    const first = await list('?q=LISTED&limit=2');
    assert.deepEqual(
      first.body.map(({ name }) => name),
      names.slice(1).reverse(),
    );
    assert.equal(first.headers.get('X-Total-Count'), '3');
    const next = new URL(/^<(.*)>/.exec(first.headers.get('Link') ?? '')![1]!).search;
    assert.deepEqual(
      (await list(next)).body.map(({ name }) => name),
      names.slice(0, 1),
    );

    const member = await server.signUp({ roles: ['ADMIN'], organizationId: ids[1]! });
    assert.deepEqual(
      (await list('', member.token)).body.map(({ id }) => id),
      [ids[1]],
    );
    const nobody = await server.signUp({ roles: ['LABELER'] });
    assert.deepEqual((await list('', nobody.token)).body, []);
    const general = await server.signUp({ roles: ['ADMIN'] });
    assert.equal((await list('?q=listed', general.token)).body.length, 3);
  });

  it('stay while they have members or cameras, deactivated ones too', async () => {
    const [id = '', other = ''] = await createOrganizations(server.db, 'Full', newName());
    const { user } = await server.signUp({ organizationId: id, isActive: false });
    const camera = { name: 'Gate', stream_url: 'rtsp://cam.example/1', organization_id: id };
    const registered = await server.api('POST', '/cameras', { token, json: camera });
    assert.equal(registered.status, 201);
    const both = await at('DELETE', id);
    assert.deepEqual(
      [both.status, both.body.message],
      [409, 'Full still has 1 member and 1 camera: move or delete them first.'],
    );

    await server.api('PATCH', `/users/${user.id}`, { token, json: { organization_id: other } });
    assert.match(String((await at('DELETE', id)).body.message), /still has 1 camera:/);
    await server.api('DELETE', `/cameras/${String(registered.body.id)}`, { token });
    assert.equal((await at('DELETE', id)).status, 204);
  });

  it('that are deleted as somebody joins turn him away, never leaving an administrator without bounds', async () => {
    const [id = ''] = await createOrganizations(server.db, newName());
    const { user } = await server.signUp({ roles: ['ADMIN'] });
    const deletion = await server.db.transaction();
    await Organization.query(deletion).findById(id).forUpdate();
    const joining = server.api('PATCH', `/users/${user.id}`, { token, json: { organization_id: id } });
    await untilWaiting(server.db, 1);
    await Organization.query(deletion).deleteById(id);
    await deletion.commit();
    const { status, body } = await joining;
    assert.deepEqual([status, Object.keys(body.errors as object)], [400, ['organization_id']]);

    const [full = ''] = await createOrganizations(server.db, newName());
    const member = await server.signUp({ roles: ['ADMIN'], organizationId: full });
    await assert.rejects(async () => Organization.query(server.db).deleteById(full), /users_organization_id_foreign/);
    assert.equal((await User.query(server.db).findById(member.user.id))?.organizationId, full);
  });
});
