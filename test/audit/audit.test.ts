import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import { AuditEntry } from '../../models/audit-entry.js';
import { firstIdAt, timeOf } from '../../src/database/uuid-time.js';
import { listAudit, type AuditFilter } from '../../src/features/audit/list.js';
import { auditActions, recordAudit } from '../../src/features/audit/record.js';
import { createOrganizations } from '../support/organizations.js';
import { startTestServer, type TestServer } from '../support/server.js';

interface Entry {
  id: string;
  action: string;
  actor_id: string | null;
  actor_name: string | null;
  actor_email: string | null;
  target_type: string;
  target_id: string;
  target_name: string | null;
  organization_id: string | null;
  details: Record<string, unknown>;
  ip: string | null;
  user_agent: string | null;
  request_id: string | null;
  created_at: string;
}

type Account = Awaited<ReturnType<TestServer['signUp']>>;

describe('the audit log', () => {
  let server: TestServer;
  let [home, away] = ['', ''];
  let general: Account;
  let admin: Account;
  before(async () => {
    server = await startTestServer();
    [home = '', away = ''] = await createOrganizations(server.db, 'Home', 'Away');
    general = await server.signUp({ roles: ['ADMIN'] });
    admin = await server.signUp({ roles: ['ADMIN'], organizationId: home });
  });
  after(() => server.stop());

  const list = (query = '', who = general) => server.api<Entry[]>('GET', `/admin/audit/${query}`, { token: who.token });
  const change = async (method: string, path: string, json?: unknown, who = general) => {
    const { status, body, headers } = await server.api(method, path, {
      token: who.token,
      json,
      headers: { 'User-Agent': 'audit test' },
    });
    assert.ok(status < 300, `${method} ${path}: ${status}`);
    return { id: String(body.id), requestId: headers.get('X-Request-Id') };
  };

  it('says who did what to whom, when and from where', async () => {
    const { user } = await server.signUp({ organizationId: home });
    const before = Date.now();
    const { requestId } = await change('POST', `/users/${user.id}/roles`, { role_code: 'LABELER' }, admin);
    const [entry, ...others] = (await list(`?target_id=${user.id}`)).body;
    assert.equal(others.length, 0);
    const { id, created_at, ...rest } = entry!;
    assert.deepEqual(rest, {
      action: 'role.granted',
      actor_id: admin.user.id,
      actor_name: 'Test User',
      actor_email: admin.user.email,
      target_type: 'user',
      target_id: user.id,
      target_name: user.email,
      organization_id: home,
      details: { role_code: 'LABELER' },
      ip: '127.0.0.1',
      user_agent: 'audit test',
      request_id: requestId,
    });
    assert.equal(Date.parse(created_at), timeOf(id).getTime());
    assert.ok(Date.parse(created_at) >= before && Date.parse(created_at) <= Date.now());
  });

  it('tells of settings, references and assignments what was before and after', async () => {
    await change('PUT', '/admin/settings', { ai_threshold: 0.7 });
    await change('PUT', '/admin/settings', { ai_threshold: 0.7 });
    const [settings, ...more] = (await list('?action=settings.changed')).body;
    assert.equal(more.length, 0, 'what changes nothing is no event');
    assert.deepEqual(settings?.details, { before: { ai_threshold: 0.8 }, after: { ai_threshold: 0.7 } });
    assert.equal(settings.organization_id, null);

    const references = [{ source_url: 'https://example.com/a.jpg', pdq: 'f8'.repeat(32) }];
    for (let times = 0; times < 2; times++) await change('POST', '/admin/references', { references });
    const added = (await list('?action=references.added')).body;
    assert.deepEqual(
      added.map(({ details }) => details),
      [{ added: 1, skipped: 0 }],
    );

    const customer = await server.signUp({ organizationId: home });
    const labeler = await server.signUp({ roles: ['LABELER'], organizationId: home });
    const { id } = await change('POST', '/requests', { title: 'Signs', classes: ['stop'] }, customer);
    const assignment = { request_id: id, labeler_username: labeler.user.username };
    await Promise.all(Array.from({ length: 3 }, () => change('POST', '/admin/assign', assignment, admin)));
    const assigned = (await list(`?target_id=${id}`)).body;
    assert.equal(assigned.length, 1, 'of assignments at the same moment one was made');
    const [{ action, target_name, organization_id, details }] = assigned as [Entry];
    assert.deepEqual([action, target_name, organization_id], ['request.assigned', 'Signs', home]);
    assert.deepEqual([details.labeler_id, details.labeler_username], [labeler.user.id, labeler.user.username]);
  });

  it('is there with the change or not at all', async () => {
    const last = await server.signUp({ roles: ['SUPER_ADMIN'] });
    const refused = await server.api('PATCH', `/users/${last.user.id}`, {
      token: last.token,
      json: { is_active: false, name: 'X' },
    });
    assert.equal(refused.status, 409);
    assert.deepEqual((await list(`?target_id=${last.user.id}`)).body, []);
  });

  it('takes new rows only', async () => {
    await assert.rejects(async () => AuditEntry.query(server.db).delete(), /new rows only/);
    await assert.rejects(async () => AuditEntry.query(server.db).patch({ ip: null }), /new rows only/);
    await assert.rejects(async () => server.db.raw('truncate audit_log'), /new rows only/);
  });

  it('shows an organization’s administrator what concerns it, and nobody else anything', async () => {
    const [mine, theirs] = [
      await server.signUp({ organizationId: home }),
      await server.signUp({ organizationId: away }),
    ];
    for (const { user } of [mine, theirs]) await change('PATCH', `/users/${user.id}`, { name: 'Renamed' });
    const targets = async (who: Account) => new Set((await list('', who)).body.map(({ target_id }) => target_id));
    assert.ok((await targets(admin)).has(mine.user.id));
    assert.ok(!(await targets(admin)).has(theirs.user.id));
    assert.ok((await targets(general)).has(theirs.user.id));
    const { body, headers } = await list('?limit=1000', admin);
    assert.ok(body.every(({ organization_id }) => organization_id === home));
    assert.equal(headers.get('X-Total-Count'), String(body.length));
    assert.deepEqual((await list(`?target_id=${theirs.user.id}`, admin)).body, []);
    for (const roles of [['VIEWER'], ['CUSTOMER', 'LABELER'], []] as const) {
      const who = await server.signUp({ roles, organizationId: home });
      assert.equal((await server.api('GET', '/admin/audit', { token: who.token })).status, 403);
    }
    assert.equal((await server.api('GET', '/admin/audit')).status, 401);
  });

  it('names nobody who has moved on to his former administrators, nor what he took along', async () => {
    const mover = await server.signUp({ organizationId: home });
    const stays = await server.signUp({ organizationId: home });
    const labeler = await server.signUp({ roles: ['LABELER'], organizationId: home });
    await change('PATCH', `/users/${mover.user.id}`, { roles: ['ADMIN'] });
    await change('PATCH', `/users/${stays.user.id}`, { specialty: 'Stomatherapy' }, mover);
    const { id } = await change('POST', '/requests', { title: 'Signs', classes: ['stop'] }, mover);
    await change('POST', '/admin/assign', { request_id: id, labeler_username: labeler.user.username }, admin);
    const email = 'moved-on@example.com';
    await change('PATCH', `/users/${mover.user.id}`, { organization_id: away });
    await change('PATCH', `/users/${mover.user.id}`, { email, name: 'Moved On' });

    const ofTarget = async (target: string, who: Account) => {
      const [entry] = (await list(`?action=user.updated&target_id=${target}`, who)).body;
      return [entry?.actor_name, entry?.actor_email, entry?.target_name];
    };
    assert.deepEqual(await ofTarget(stays.user.id, general), ['Moved On', email, stays.user.email]);
    assert.deepEqual(await ofTarget(stays.user.id, admin), [null, null, stays.user.email]);
    assert.deepEqual((await ofTarget(mover.user.id, general))[2], email);
    assert.deepEqual((await ofTarget(mover.user.id, admin))[2], null);
    const titles = async (who: Account) =>
      (await list(`?target_id=${id}`, who)).body.map(({ target_name }) => target_name);
    assert.deepEqual([await titles(general), await titles(admin)], [['Signs'], [null]]);
    const there = await server.signUp({ roles: ['ADMIN'], organizationId: away });
    assert.deepEqual((await ofTarget(mover.user.id, there))[2], email);
    assert.ok(!JSON.stringify((await list('?limit=1000', admin)).body).includes(email));
  });

  it('is paged newest first, each event once', async () => {
    const { id } = await change('POST', '/cameras', { name: 'Gate', stream_url: 'rtsp://cam.example/1' }, admin);
    for (let times = 1; times <= 6; times++) await change('PATCH', `/cameras/${id}`, { name: `Gate ${times}` }, admin);
    const seen: Entry[] = [];
    let query: string | undefined = `?target_id=${id}&limit=3`;
    while (query !== undefined) {
      const page = await list(query, admin);
      assert.equal(page.headers.get('X-Total-Count'), '7');
      seen.push(...page.body);
      const next = /^<(.*)>; rel="next"$/.exec(page.headers.get('Link') ?? '')?.[1];
      query = next && new URL(next).search;
    }
    const names = seen.map(({ details }) => (details.after as { name: string } | undefined)?.name);
    assert.deepEqual(names, ['Gate 6', 'Gate 5', 'Gate 4', 'Gate 3', 'Gate 2', 'Gate 1', undefined]);
    assert.ok(seen.every(({ target_name }) => target_name === 'Gate 6'));

    await change('DELETE', `/cameras/${id}`, undefined, admin);
    const [deleted] = (await list(`?target_id=${id}`, admin)).body;
    assert.deepEqual([deleted?.action, deleted?.target_name], ['camera.deleted', null]);
  });

  describe('by its filters', () => {
    const actor = { id: uuidv7(), roles: [], organizationId: null };
    const caller = { actor, ip: '::1', userAgent: null, requestId: null };
    const target = { type: 'session', id: uuidv7() } as const;
    let created: Date[];
    before(async () => {
      for (const action of ['session.started', 'session.ended', 'session.started'] as const) {
        await recordAudit(server.db, caller, { action, target, organizationId: null });
      }
      // Of another year: an id carries its time.
      const rows = [
        '2020-01-31T23:59:59.999Z',
        '2020-02-01T00:00:00.000Z',
        '2020-02-01T23:59:59.999Z',
        '2020-02-02T00:00:00.000Z',
      ];
      created = rows.map((text) => new Date(text));
      for (const createdAt of created) {
        const { id: targetId, type: targetType } = target;
        const row = { actorId: actor.id, action: 'session.reuse_detected', targetType, targetId, details: {} };
        await AuditEntry.query(server.db).insert({ id: firstIdAt(createdAt), createdAt, ...row });
      }
    });

    it('is narrowed to an actor, a target, a kind of target and an action, and all at once', async () => {
      const count = async (query: string) => (await list(`?${query}`)).body.length;
      assert.equal(await count(`actor_id=${actor.id}`), 7);
      assert.equal(await count(`target_id=${target.id}`), 7);
      assert.equal(await count('target_type=session'), 7);
      assert.equal(await count(`action=session.started&actor_id=${actor.id}`), 2);
      const all = `actor_id=${actor.id}&target_id=${target.id}&target_type=session&action=session.ended`;
      assert.equal(await count(all), 1);
      assert.equal(await count(`${all}&to=2020-12-31`), 0);
      assert.equal(await count('target_id=thresholds'), 1);
      const [entry] = (await list(`?${all}`)).body;
      assert.deepEqual([entry?.actor_name, entry?.actor_email, entry?.target_name], [null, null, null]);
    });

    it('is narrowed to a span of time, both ends included, days in UTC', async () => {
      const within = async (query: string) => {
        const { body } = await list(`?target_id=${target.id}&${query}`);
        return body.map(({ created_at }) => created.findIndex((time) => time.toISOString() === created_at)).reverse();
      };
      assert.deepEqual(await within('from=2020-02-01&to=2020-02-01'), [1, 2]);
      assert.deepEqual(await within('to=2020-01-31'), [0]);
      assert.deepEqual(await within('from=2020-02-02&to=2020-12-31'), [3]);
      assert.deepEqual(await within('from=2020-01-31T23:59:59.999Z&to=2020-02-01T00:00:00Z'), [0, 1]);
      assert.deepEqual(await within('from=2020-02-01T02:59:59%2B03:00&to=2020-01-31T20:59:59.999-03:00'), [0]);
    });

    it('takes what was left blank for no filter', async () => {
      const blank = 'actor_id=&target_type=&action=&from=&to=&limit=';
      assert.equal((await list(`?target_id=${target.id}&${blank}`)).body.length, 7);
    });

    it('answers 400 naming the filter that cannot be', async () => {
      for (const [query, field] of [
        ['actor_id=me', 'actor_id'],
        ['target_type=planet', 'target_type'],
        ['action=user.eaten', 'action'],
        ['from=yesterday', 'from'],
        ['from=2020-02-30', 'from'],
        ['to=2020-01-01T00:00:00', 'to'],
        ['from=2020-02-01&to=2020-01-31', 'to'],
        ['cursor=x', 'cursor'],
        ['limit=0', 'limit'],
      ]) {
        const { status, body } = await server.api('GET', `/admin/audit?${query!}`, { token: general.token });
        assert.deepEqual([status, Object.keys(body.errors as object)], [400, [field]], query);
      }
    });
  });
});

describe('the audit log of many events', () => {
  let server: TestServer;
  const organizations: string[] = [];
  const EVENTS = 40_000;

  before(async () => {
    server = await startTestServer();
    organizations.push(...(await createOrganizations(server.db, 'One', 'Other')));
    await server.db.raw(
      `insert into audit_log (id, action, actor_id, target_type, target_id, organization_id, details, created_at)
       select (substr(stamp, 1, 8) || '-' || substr(stamp, 9, 4) || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
              (:actions::text[])[1 + n % :kinds::int],
              md5((n % 500)::text)::uuid, (:types::text[])[1 + n % 4], md5((n % 4000)::text)::uuid::text,
              (:organizations::uuid[])[1 + n % 2], '{}', to_timestamp(1577836800 + n * 60)
       from (select n, lpad(to_hex(1577836800000 + n::bigint * 60000), 12, '0') as stamp from generate_series(1, :events::int) n) numbered`,
      {
        actions: auditActions,
        kinds: auditActions.length,
        types: ['user', 'session', 'organization', 'camera'],
        organizations,
        events: EVENTS,
      },
    );
    await server.db.raw('vacuum analyze audit_log');
  });
  after(() => server.stop());

  const everything = { id: uuidv7(), roles: ['SUPER_ADMIN'], organizationId: null } as const;
  const target = '8f14e45f-ceea-167a-5a36-dedd4bea2543';
  const filters: [string, Omit<AuditFilter, 'limit'>][] = [
    ['no filter', {}],
    ['actor_id', { actorId: target }],
    ['target_id', { targetId: target }],
    ['target_type', { targetType: 'camera' }],
    ['action', { action: 'camera.deleted' }],
    ['from and to', { from: new Date('2020-01-03'), until: new Date('2020-01-04') }],
    ['all of them', { actorId: target, action: 'camera.deleted', targetType: 'user', from: new Date('2020-01-03') }],
  ];

  for (const [name, filter] of filters) {
    it(`is read by an index for ${name}, for administrators of one organization and of all`, async () => {
      const scoped = { ...everything, roles: ['ADMIN'], organizationId: organizations[0]! } as const;
      for (const actor of [everything, scoped]) {
        const statements: { sql: string; bindings: unknown[] }[] = [];
        const note = ({ sql, bindings }: { sql: string; bindings: unknown[] }) =>
          void statements.push({ sql, bindings });
        server.db.on('query', note);
        await listAudit(server.db, actor, { ...filter, limit: 50 });
        server.db.removeListener('query', note);

        const page = statements.find(({ sql }) => sql.includes('limit'))!;
        const sql = page.sql.replaceAll(/\$\d+/g, '?');
        const { rows } = await server.db.raw<{ rows: Record<string, string>[] }>(
          `explain ${sql}`,
          page.bindings as string[],
        );
        const plan = rows.map((row) => Object.values(row)[0]).join('\n');
        assert.match(plan, /Index/, plan);
        assert.doesNotMatch(plan, /Seq Scan/, plan);
        // Where few rows are left anyway, the organization may be looked for among them.
        if (filter.from) assert.match(plan, /Index Cond: .*id >= /, plan);
        else if (!filter.actorId && !filter.targetId) assert.doesNotMatch(plan, /Filter:/, plan);
      }
    });
  }
});
