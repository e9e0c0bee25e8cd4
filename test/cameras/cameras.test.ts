import assert from 'node:assert/strict';
import pino from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { AuditEntry } from '../../models/audit-entry.js';
import { Camera } from '../../models/camera.js';
import { openText, sealingKey } from '../../src/sealed-text.js';
import { createOrganizations } from '../support/organizations.js';
import { startTestServer, type TestServer } from '../support/server.js';

interface Row {
  id: string;
  name: string;
}

type Account = Awaited<ReturnType<TestServer['signUp']>>;

describe('cameras', () => {
  const lines: string[] = [];
  let server: TestServer;
  let [home, away] = ['', ''];
  let admin: Account;
  before(async () => {
    server = await startTestServer({
      log: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }),
    });
    [home = '', away = ''] = await createOrganizations(server.db, 'Home', 'Away');
    admin = await server.signUp({ roles: ['ADMIN'], organizationId: home });
  });
  after(() => server.stop());

  let made = 0;
  const newName = () => `Camera ${++made}`;
  const SECRET = 's3cret-pass';
  const withSecret = `rtsp://root:${SECRET}@cam.example:554/live?channel=1&token=${SECRET}`;
  const shown = 'rtsp://cam.example:554/live?channel=1';

  const create = (json: object, who = admin) =>
    server.api('POST', '/api/cameras/', {
      token: who.token,
      json: { name: newName(), stream_url: 'rtsp://cam.example/1', ...json },
    });
  const at = (method: string, id: unknown, json?: unknown, who = admin) =>
    server.api(method, `/cameras/${String(id)}`, { token: who.token, json });
  const keptUrl = async (id: unknown) => {
    const camera = await Camera.query(server.db).findById(String(id)).throwIfNotFound();
    const key = sealingKey(server.services.config.jwtSecret, 'cameras');
    return camera.sealedStreamUrl && openText(key, camera.id, camera.sealedStreamUrl);
  };

  it('are registered, read, changed and taken off', async () => {
    const { status, body } = await create({ name: ' Gate ', location: ' North ' });
    assert.equal(status, 201);
    const { id, created_at, updated_at, ...rest } = body;
    assert.ok(Date.parse(String(created_at)) && Date.parse(String(updated_at)));
    assert.deepEqual(rest, {
      name: 'Gate',
      location: 'North',
      stream_url: 'rtsp://cam.example/1',
      has_credentials: false,
      active: true,
      organization_id: home,
    });
    assert.deepEqual((await at('GET', id)).body, body);
    const changed = await at('PATCH', id, { active: false, location: 'South' });
    assert.deepEqual([changed.body.active, changed.body.location, changed.body.name], [false, 'South', 'Gate']);
    assert.equal((await at('DELETE', id)).status, 204);
    for (const method of ['GET', 'PATCH', 'DELETE']) assert.equal((await at(method, id)).status, 404);
  });

  it('never answer the credentials of their stream, and keep them nowhere in the clear', async () => {
    const { body } = await create({ stream_url: withSecret });
    assert.deepEqual([body.stream_url, body.has_credentials], [shown, true]);
    assert.equal(await keptUrl(body.id), withSecret);

    const everything = [
      body,
      (await at('GET', body.id)).body,
      (await at('PATCH', body.id, { location: 'Elsewhere' })).body,
      (await server.api('GET', '/cameras', { token: admin.token })).body,
      (await create({ name: body.name, stream_url: withSecret })).body,
      (await create({ stream_url: `ftp://root:${SECRET}@cam.example` })).body,
      (await create({ stream_url: `rtsp://root:${SECRET}@cam.example`, organization_id: away })).body,
      (await server.api('GET', '/admin/audit', { token: admin.token })).body,
      await server.db('cameras').select('name', 'location', 'streamUrl'),
      await server.db('audit_log'),
      lines,
    ];
    assert.ok(lines.length > 0);
    assert.ok(!JSON.stringify(everything).includes(SECRET));
    const { rows } = await server.db.raw<{ rows: unknown[] }>(
      `select 1 from cameras where position(?::bytea in sealed_stream_url) > 0`,
      [Buffer.from(SECRET)],
    );
    assert.equal(rows.length, 0);
  });

  it('keep credentials when something else changes, and lose them with an address that has none', async () => {
    const { id } = (await create({ stream_url: withSecret })).body;
    assert.equal((await at('PATCH', id, { name: newName(), active: false })).body.has_credentials, true);
    assert.equal(await keptUrl(id), withSecret);

    const other = withSecret.replace('root', 'operator');
    assert.equal((await at('PATCH', id, { stream_url: other })).body.stream_url, shown);
    assert.equal(await keptUrl(id), other);
    assert.equal((await at('PATCH', id, { stream_url: other })).status, 200);

    const cleared = await at('PATCH', id, { stream_url: shown });
    assert.deepEqual([cleared.body.stream_url, cleared.body.has_credentials], [shown, false]);
    assert.equal(await keptUrl(id), shown);

    const events = await AuditEntry.query(server.db)
      .where({ targetId: String(id) })
      .orderBy('id');
    assert.deepEqual(
      events.map(({ action, details }) => [action, details.credentials]),
      [
        ['camera.created', undefined],
        ['camera.updated', undefined],
        ['camera.updated', 'replaced'],
        ['camera.updated', 'cleared'],
      ],
    );
  });

  it('keep every address sealed, also one in which no credentials are seen', async () => {
    const { id, has_credentials } = (await create({ stream_url: shown })).body;
    assert.equal(has_credentials, false);
    assert.equal(await keptUrl(id), shown);
  });

  const hidden = [
    `rtsp://cam.example/user/admin/password/${SECRET}/live`,
    `rtsp://cam.example/login/${SECRET}`,
    `rtsp://cam.example/admin/${SECRET}/ch1`,
    `rtsp://cam.example/%70assword=${SECRET}`,
    `rtsp://cam.example/live?channel=${SECRET}`,
  ];
  it('show no credentials that hide in the path or the query, be it in the record', async () => {
    const bodies: unknown[] = [];
    for (const url of hidden) {
      const { body } = await create({ stream_url: url });
      assert.equal(body.has_credentials, true, url);
      assert.equal(await keptUrl(body.id), url);
      bodies.push(body, (await at('PATCH', body.id, { stream_url: `${url}/1` })).body);
      assert.equal((await at('DELETE', body.id)).status, 204);
    }
    const rows = await server.db('cameras').select('streamUrl');
    assert.ok(!JSON.stringify([bodies, rows, await server.db('audit_log')]).includes(SECRET));
  });

  it('that were stored in the clear before are shown without credentials, and sealed when they change', async () => {
    const { id } = (await create({})).body;
    const [url = ''] = hidden;
    await Camera.query(server.db).findById(String(id)).patch({ streamUrl: url, sealedStreamUrl: null });
    const { body } = await at('GET', id);
    assert.deepEqual([body.stream_url, body.has_credentials], ['rtsp://cam.example/live', true]);
    const changed = await at('PATCH', id, { location: 'Elsewhere' });
    assert.equal(changed.body.has_credentials, true);
    assert.equal(await keptUrl(id), url);
    const row = await Camera.query(server.db).findById(String(id)).throwIfNotFound();
    assert.equal(row.streamUrl, 'rtsp://cam.example/live');
    await Camera.query(server.db).findById(String(id)).patch({ streamUrl: url, sealedStreamUrl: null });
    await at('DELETE', id);
    assert.ok(!JSON.stringify(await server.db('audit_log')).includes(SECRET));
  });

  it('say how to write a password that breaks the address', async () => {
    for (const stream_url of ['rtsp://admin:12345/ss@host/live', 'rtsp://admin:123?ss@host/live']) {
      const { status, body } = await create({ stream_url });
      assert.deepEqual([status, Object.keys(body.errors as object)], [400, ['stream_url']]);
      assert.match(JSON.stringify(body.errors), /Percent-encode/);
      assert.doesNotMatch(JSON.stringify(body), /ss@host/);
    }
  });

  it('name every field that is wrong', async () => {
    const { status, body } = await create({ name: '', stream_url: 'nowhere', active: 'yes', organization_id: 'x' });
    assert.equal(status, 400);
    assert.deepEqual(Object.keys(body.errors as object).sort(), ['active', 'name', 'organization_id', 'stream_url']);
  });

  it('have a name of their own in their organization, in any case, also among calls at the same moment', async () => {
    const name = newName();
    const race = await Promise.all([name, name.toUpperCase(), name].map((same) => create({ name: same })));
    assert.deepEqual(race.map(({ status }) => status).sort(), [201, 400, 400]);
    const { id } = (await create({})).body;
    const renamed = await at('PATCH', id, { name: name.toUpperCase() });
    assert.deepEqual([renamed.status, Object.keys(renamed.body.errors as object)], [400, ['name']]);
    const foreign = await server.signUp({ roles: ['ADMIN'], organizationId: away });
    assert.equal((await create({ name }, foreign)).status, 201);
  });

  it('belong to the administrator’s organization, or where one of all says', async () => {
    assert.equal((await create({ organization_id: away })).status, 403);
    assert.equal((await create({ organization_id: home })).body.organization_id, home);
    for (const options of [{ roles: ['SUPER_ADMIN'], organizationId: home }, { roles: ['ADMIN'] }] as const) {
      const who = await server.signUp(options);
      for (const json of [{}, { organization_id: uuidv7() }]) {
        const { status, body } = await create(json, who);
        assert.deepEqual([status, Object.keys(body.errors as object)], [400, ['organization_id']]);
      }
      assert.equal((await create({ organization_id: away }, who)).body.organization_id, away);
    }
  });

  it('are read by members of any role, changed by their administrators, and not there for others', async () => {
    const { id } = (await create({})).body;
    const cast = [
      [{ roles: ['SUPER_ADMIN'] }, 200, 200],
      [{ roles: ['ADMIN'] }, 200, 200],
      [{ roles: ['VIEWER'], organizationId: home }, 200, 403],
      [{ roles: ['LABELER'], organizationId: home }, 200, 403],
      [{ organizationId: home }, 200, 403],
      [{ roles: ['ADMIN'], organizationId: away }, 404, 404],
      [{ roles: ['VIEWER'], organizationId: away }, 404, 404],
      [{ roles: ['CUSTOMER'] }, 404, 404],
    ] as const;
    for (const [options, reads, changes] of cast) {
      const who = await server.signUp(options);
      assert.equal((await at('GET', id, undefined, who)).status, reads, JSON.stringify(options));
      assert.equal((await at('PATCH', id, { active: true }, who)).status, changes, JSON.stringify(options));
      const listed = await server.api<Row[]>('GET', '/cameras?limit=1000', { token: who.token });
      assert.equal(
        listed.body.some((row) => row.id === id),
        reads === 200,
        JSON.stringify(options),
      );
      if (changes === 200) continue;
      assert.equal((await at('DELETE', id, undefined, who)).status, changes);
      const isAdmin = 'roles' in options && options.roles[0] === 'ADMIN';
      assert.equal((await create({ organization_id: home }, who)).status, 403);
      if (!isAdmin) assert.equal((await create({}, who)).status, 403);
    }
    assert.equal((await at('GET', 'none')).status, 404);
    assert.equal((await server.api('GET', '/cameras')).status, 401);
  });

  it('are listed newest first in pages, filtered by activity, text and organization', async () => {
    const [place = ''] = await createOrganizations(server.db, 'Listed');
    const general = await server.signUp({ roles: ['ADMIN'] });
    const names = ['North Gate', 'South Gate', 'Yard'];
    for (const [index, name] of names.entries()) {
      const json = { name, location: index === 2 ? 'by the GATE' : '', active: index !== 1, organization_id: place };
      assert.equal((await create(json, general)).status, 201);
    }
    const list = async (query: string) => {
      const options = { token: general.token };
      const { body, headers } = await server.api<Row[]>('GET', `/cameras?organization_id=${place}${query}`, options);
      return { names: body.map(({ name }) => name), headers };
    };
    const first = await list('&limit=2');
    assert.deepEqual(first.names, ['Yard', 'South Gate']);
    assert.equal(first.headers.get('X-Total-Count'), '3');
    const next = new URL(/^<(.*)>/.exec(first.headers.get('Link') ?? '')![1]!).searchParams.get('cursor');
    assert.deepEqual((await list(`&limit=2&cursor=${next ?? ''}`)).names, ['North Gate']);
    assert.deepEqual((await list('&active=false')).names, ['South Gate']);
    assert.deepEqual((await list('&active=true&q=gate')).names, ['Yard', 'North Gate']);
    // Naming another organization shows a member nothing of it.
    const foreign = await server.api<Row[]>('GET', `/cameras?organization_id=${place}`, { token: admin.token });
    assert.deepEqual(foreign.body, []);
  });
});
