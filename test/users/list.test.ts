import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import type { RoleCode } from '../../models/user-role.js';
import { UserRole } from '../../models/user-role.js';
import { User } from '../../models/user.js';
import { createOrganizations } from '../support/organizations.js';
import { startTestServer, type TestServer } from '../support/server.js';

interface Row {
  id: string;
  username: string;
  role: string;
  roles: RoleCode[];
  is_active: boolean;
  last_active: string | null;
}

describe('the list of users', () => {
  let server: TestServer;
  let token: string;
  const names = Array.from({ length: 12 }, (_, index) => `clinician-${String(index).padStart(2, '0')}`);
  const lastActiveAt = new Date('2026-01-31T12:00:00.000Z');

  before(async () => {
    server = await startTestServer();
    const [home = '', away = ''] = await createOrganizations(server.db, 'Home', 'Away');
    ({ token } = await server.signUp({ roles: ['ADMIN'], organizationId: home }));
    await server.signUp({ roles: ['SUPER_ADMIN'], organizationId: away });
    for (const [index, username] of names.entries()) {
      const id = uuidv7();
      await User.query(server.db).insert({
        id,
        username,
        email: `${username}@example.com`,
        name: index === 3 ? 'Zoë Ångström' : 'Clinician',
        passwordHash: 'none',
        organizationId: home,
        isActive: index !== 5,
        ...(index === 0 && { lastActiveAt }),
      });
      const roleCode = (['LABELER', 'VIEWER', 'CUSTOMER'] as const)[index % 3]!;
      await UserRole.query(server.db).insert({ userId: id, roleCode });
      if (index === 9) await UserRole.query(server.db).insert({ userId: id, roleCode: 'SUPER_ADMIN' });
    }
  });
  after(() => server.stop());

  const list = (query = '') => server.api<Row[]>('GET', `/admin/users/${query}`, { token });
  const namesIn = ({ body }: { body: Row[] }) => body.map(({ username }) => username).reverse();

  it('has every client’s fields and no secret', async () => {
    const { body, headers } = await list('?q=clinician-00');
    assert.equal(headers.get('X-Total-Count'), '1');
    const [{ id, created_at, ...row }] = body as unknown as [Record<string, unknown>];
    assert.ok(id && created_at);
    assert.deepEqual(row, {
      username: names[0],
      name: 'Clinician',
      email: `${names[0] ?? ''}@example.com`,
      role: 'labeler',
      roles: ['LABELER'],
      is_admin: false,
      is_active: true,
      classification_count: 0,
      last_active: lastActiveAt.toISOString(),
      coren: null,
      specialty: null,
      institution: null,
      organization_id: row.organization_id,
    });
    assert.equal((await list('?q=clinician-01')).body[0]?.last_active, null);
  });

  it('is paged by offset', async () => {
    const [first, second, beyond] = [
      await list('?q=clinician&limit=5&offset=0'),
      await list('?q=clinician&limit=10&offset=5'),
      await list('?q=clinician&limit=5&offset=100000'),
    ];
    assert.deepEqual([...namesIn(second), ...namesIn(first)], names);
    assert.deepEqual(beyond.body, []);
    for (const { headers } of [first, second, beyond]) assert.equal(headers.get('X-Total-Count'), '12');
  });

  it('is paged by the cursor that Link carries, also on from an offset', async () => {
    for (const [start, expected] of [
      ['', names],
      ['&offset=2', names.slice(0, -2)],
    ] as const) {
      const seen: string[] = [];
      let query: string | undefined = `?q=clinician&limit=5${start}`;
      while (query !== undefined) {
        const page = await list(query);
        assert.equal(page.status, 200);
        seen.unshift(...namesIn(page));
        const next = /^<(.*)>; rel="next"$/.exec(page.headers.get('Link') ?? '')?.[1];
        query = next && new URL(next).search;
      }
      assert.deepEqual(seen, expected);
    }
  });

  it('says what is wrong with a page that cannot be', async () => {
    for (const offset of ['-1', '100001', '1.5', 'x']) {
      const { status, body } = await server.api('GET', `/admin/users?offset=${offset}`, { token });
      assert.equal(status, 400, offset);
      assert.deepEqual(Object.keys(body.errors as object), ['offset'], offset);
    }
    const both = await server.api('GET', `/admin/users?offset=1&cursor=${uuidv7()}`, { token });
    assert.deepEqual([both.status, Object.keys(both.body.errors as object)], [400, ['offset']]);
  });

  it('is filtered by part of a name in any case, taken literally', async () => {
    assert.deepEqual(namesIn(await list('?q=ÅNGSTRÖM')), [names[3]]);
    assert.deepEqual(namesIn(await list('?q=A\u030angstro\u0308m')), [names[3]]);
    assert.deepEqual(namesIn(await list('?q=-07@EXAMPLE')), [names[7]]);
    assert.deepEqual(namesIn(await list(`?q=${encodeURIComponent("%_'\\")}`)), []);
    assert.equal((await list('?q=')).headers.get('X-Total-Count'), '13');
  });

  it('is filtered by role, as code and as the one word, and by activity', async () => {
    const having = async (query: string) => (await list(`?limit=50&${query}`)).body;
    assert.equal((await having('role=LABELER')).length, 4);
    assert.deepEqual(
      (await having('role=universal')).map(({ username }) => username),
      [names[9]],
    );
    for (const word of ['universal', 'admin', 'labeler', 'customer']) {
      const rows = await having(`role=${word}`);
      assert.ok(rows.length > 0 && rows.every(({ role }) => role === word), word);
      const all = (await having('')).filter(({ role }) => role === word);
      assert.equal(rows.length, all.length, word);
    }
    assert.deepEqual(
      (await having('is_active=false')).map(({ username }) => username),
      [names[5]],
    );
    assert.equal((await having('is_active=true&role=CUSTOMER&q=clinician')).length, 3);
    for (const query of ['role=KING', 'is_active=perhaps']) {
      assert.equal((await list(`?${query}`)).status, 400, query);
    }
  });

  it('takes filters that were left blank for none', async () => {
    const { status, body, headers } = await list('?q=&limit=&offset=&role=&is_active=');
    assert.equal(status, 200);
    assert.deepEqual([body.length, headers.get('X-Total-Count')], [13, '13']);
  });

  it('is for administrators alone', async () => {
    const { token: viewer } = await server.signUp({ roles: ['VIEWER', 'CUSTOMER', 'LABELER'] });
    assert.equal((await server.api('GET', '/admin/users', { token: viewer })).status, 403);
    assert.equal((await server.api('GET', '/admin/users')).status, 401);
  });
});
