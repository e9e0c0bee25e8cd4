import assert from 'node:assert/strict';
import { startTestServer, type TestServer } from '../support/server.js';

interface Row {
  id: string;
  title: string;
  status: string;
  created_at: string;
}

describe('requests', () => {
  let server: TestServer;
  let token: string;

  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());
  beforeEach(async () => {
    ({ token } = await server.signUp({ roles: ['CUSTOMER'] }));
  });

  const create = (json: unknown) => server.api('POST', '/requests', { token, json });
  const list = (query = '') => server.api<Row[]>('GET', `/requests${query}`, { token });
  const createMany = async (titles: string[]) => {
    for (const title of titles) assert.equal((await create({ title })).status, 201);
  };

  it('need a title only', async () => {
    const { status, body } = await create({ title: '  Signs  ' });
    assert.equal(status, 201);
    assert.deepEqual([body.title, body.description, body.classes, body.status], ['Signs', '', [], 'new']);
  });

  it('are refused with the name of every field that is wrong', async () => {
    const { status, body } = await create({ title: ' ', description: 7, classes: ['stop', 'stop'] });
    assert.equal(status, 400);
    assert.deepEqual(Object.keys(body.errors as object).sort(), ['classes', 'description', 'title']);
    for (const classes of [[''], 'stop', [null], Array.from({ length: 1001 }, (_, index) => `class ${index}`)]) {
      assert.equal((await create({ title: 'Signs', classes })).status, 400);
    }
  });

  it('keep text as it is, whatever it holds', async () => {
    const title = `'; drop table requests; -- <script> %_\\ 😀 \u202e`;
    const { body } = await create({ title, classes: ['{"a":1}', 'b,c', '"'] });
    const read = await server.api('GET', `/requests/${String(body.id)}`, { token });
    assert.equal(read.body.title, title);
    assert.deepEqual(read.body.classes, ['{"a":1}', 'b,c', '"']);
  });

  it('refuse text that PostgreSQL cannot hold with 400', async () => {
    const { status, body } = await create({ title: 'a\u0000b' });
    assert.equal(status, 400);
    assert.match(String(body.message), /NUL/);
    assert.deepEqual(Object.keys(body.errors as object), ['title']);
    const nested = await create({ title: 'Signs', classes: ['stop', 'a\u0000b'] });
    assert.deepEqual(Object.keys(nested.body.errors as object), ['classes.1']);
    assert.deepEqual(Object.keys((await list('?q=%00')).body), ['message', 'detail', 'code', 'errors', 'request_id']);
    const half = await create({ title: 'a\ud800b' });
    assert.deepEqual([half.status, Object.keys(half.body.errors as object)], [400, ['title']]);
  });

  it('refuse a body that is not UTF-8, and keep a U+FFFD that is meant', async () => {
    const send = (body: Buffer, type = 'application/json') =>
      fetch(`${server.url}/requests`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': type },
        body: new Uint8Array(body),
      });
    assert.equal((await send(Buffer.from('{"title":"Schl\u00fcssel"}', 'latin1'))).status, 400);
    assert.equal((await send(Buffer.from('{"title":"Signs"}'), 'application/json; charset=utf-16')).status, 415);
    const meant = await send(Buffer.from('{"title":"a\ufffdb"}'), 'application/json; charset=UTF-8');
    assert.deepEqual([meant.status, ((await meant.json()) as { title: string }).title], [201, 'a\ufffdb']);
  });

  it('are found by part of title or description and by status', async () => {
    await createMany(['Red signs', 'Blue signs', '100 % cats']);
    const titles = async (query: string) => (await list(query)).body.map(({ title }) => title);
    assert.deepEqual(await titles('?q=SIGNS'), ['Blue signs', 'Red signs']);
    assert.deepEqual(await titles('?q=%25'), ['100 % cats']);
    assert.deepEqual(await titles('?status=ready'), []);
    assert.equal((await titles('?status=new')).length, 3);
    assert.equal((await list('?status=unknown')).status, 400);
  });

  it('are paged newest first by Link, each row once, with the total', async () => {
    await createMany(['1', '2', '3', '4', '5']);
    const seen: string[] = [];
    let path: string | undefined = '/requests?limit=2&q=';
    while (path !== undefined) {
      const page: Awaited<ReturnType<typeof list>> = await server.api<Row[]>('GET', path, { token });
      assert.equal(page.headers.get('X-Total-Count'), '5');
      seen.push(...page.body.map(({ title }) => title));
      path = /<([^>]+)>; rel="next"/.exec(page.headers.get('Link') ?? '')?.[1]?.replace(server.url, '');
    }
    assert.deepEqual(seen, ['5', '4', '3', '2', '1']);
  });

  it('are listed with their owner’s name to whoever administers them, and to nobody else', async () => {
    const { id } = (await create({ title: 'Signs of somebody' })).body;
    const root = await server.signUp({ roles: ['SUPER_ADMIN'] });
    const named = async (path: string, as: string) => {
      const { body } = await server.api<{ id: string; owner_name?: string }[]>('GET', path, { token: as });
      assert.deepEqual(
        body.map((row) => row.id),
        [id],
      );
      return body[0]?.owner_name;
    };
    const query = '?q=Signs%20of%20somebody';
    assert.equal(await named(`/requests${query}`, root.token), 'Test User');
    assert.equal(await named(`/admin/requests${query}`, root.token), 'Test User');
    assert.equal(await named(`/requests${query}`, token), undefined);
  });

  it('refuse a forged cursor or limit with 400', async () => {
    for (const query of ['?cursor=nonsense', '?limit=0', '?limit=1e9', '?limit=x', '?cursor=W10']) {
      const { status, body } = await list(query);
      assert.equal(status, 400, query);
      assert.ok('errors' in (body as unknown as object));
    }
  });

  it('that are not there answer 404, and an id that cannot be one 400', async () => {
    const missing = await server.api('GET', '/requests/01941f29-7c00-7000-8000-000000000000', { token });
    assert.deepEqual([missing.status, missing.body.detail], [404, 'Request not found.']);
    const malformed = await server.api('GET', '/requests/none', { token });
    assert.equal(malformed.status, 400);
    assert.deepEqual(Object.keys(malformed.body.errors as object), ['request_id']);
  });
});

describe('settings', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  it('start at the thresholds the UI starts at, and change one by one', async () => {
    const { token } = await server.signUp({ roles: ['SUPER_ADMIN'] });
    const read = () => server.api('GET', '/admin/settings', { token });
    assert.deepEqual((await read()).body, { duplicate_threshold: 0.85, ai_threshold: 0.8 });
    const changed = await server.api('PUT', '/admin/settings', { token, json: { ai_threshold: 0.6 } });
    assert.deepEqual(changed.body, { duplicate_threshold: 0.85, ai_threshold: 0.6 });
    assert.deepEqual((await read()).body, changed.body);
    for (const json of [{ ai_threshold: 1.1 }, { ai_threshold: '0.5' }, { duplicate_threshold: null }]) {
      assert.equal((await server.api('PUT', '/admin/settings', { token, json })).status, 400, JSON.stringify(json));
    }
    assert.deepEqual((await read()).body, changed.body);
  });
});
