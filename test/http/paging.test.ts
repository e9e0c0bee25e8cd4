import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import { startTestServer, type TestServer } from '../support/server.js';
import { exampleRouter } from './example-router.js';

interface Row {
  name: string;
}

describe('Paging', () => {
  const PUBLIC_URL = 'https://assay.example/base';
  let server: TestServer;
  let newestFirst: string[];
  before(async () => {
    server = await startTestServer({ router: exampleRouter, env: { PUBLIC_URL } });
    const rows = Array.from({ length: 25 }, (_, index) => ({
      id: uuidv7(),
      name: `organization ${String(index).padStart(2, '0')}`,
    }));
    await server.db.from('organizations').insert(rows);
    newestFirst = rows.map(({ name }) => name).reverse();
  });
  after(() => server.stop());

  const page = (query: string) => server.api<Row[]>('GET', `/organizations?${query}`);

  it('leads through all rows once, in order, by the Link header', async () => {
    const seen: string[] = [];
    let query: string | undefined = 'limit=4&q=kept%20along';
    let pages = 0;
    while (query !== undefined) {
      const { status, headers, body } = await page(query);
      assert.equal(status, 200);
      assert.equal(headers.get('X-Total-Count'), '25');
      seen.push(...body.map(({ name }) => name));
      pages += 1;
      const next = /^<(.*)>; rel="next"$/.exec(headers.get('Link') ?? '')?.[1];
      if (next !== undefined) {
        assert.ok(next.startsWith(`${PUBLIC_URL}/organizations?`));
        assert.equal(new URL(next).searchParams.get('q'), 'kept along');
        assert.equal(new URL(next).searchParams.get('limit'), '4');
      }
      query = next && new URL(next).search.slice(1);
    }
    assert.deepEqual(seen, newestFirst);
    assert.equal(pages, 7);
  });

  it('shifts nothing when rows come meanwhile', async () => {
    const { headers } = await page('limit=10');
    const id = uuidv7();
    await server.db.from('organizations').insert({ id, name: 'late comer' });
    const next = new URL(/^<(.*)>/.exec(headers.get('Link') ?? '')![1]!);
    const { body } = await page(next.search.slice(1));
    await server.db.from('organizations').where({ id }).delete();
    assert.deepEqual(
      body.map(({ name }) => name),
      newestFirst.slice(10, 20),
    );
  });

  it('takes a limit that was left blank for none', async () => {
    const [blank, without] = await Promise.all(
      ['?limit=', ''].map((query) => server.api('GET', `/organizations${query}`)),
    );
    assert.equal(blank?.status, 200);
    assert.deepEqual(blank.body, without?.body);
  });

  it('gives clients that know no paging all reasonable rows, and no Link', async () => {
    const { headers, body } = await page('');
    assert.equal(body.length, 25);
    assert.equal(headers.get('Link'), null);
  });

  it('answers 400 naming the cursor when it can be none of ours', async () => {
    const forged = ['x', '', '[]', "' or true --", uuidv7().slice(1), 'a'.repeat(10_000)];
    for (const cursor of forged) {
      const { status, body } = await server.api('GET', `/organizations?cursor=${encodeURIComponent(cursor)}`);
      assert.equal(status, 400, cursor.slice(0, 50));
      assert.deepEqual(Object.keys(body.errors as object), ['cursor']);
    }
  });

  for (const limit of ['0', '-1', '1.5', '1e9', 'many', '1&limit=2']) {
    it(`answers 400 naming the limit to limit=${limit}`, async () => {
      const { status, body } = await server.api('GET', `/organizations?limit=${limit}`);
      assert.equal(status, 400);
      assert.deepEqual(Object.keys(body.errors as object), ['limit']);
    });
  }
});
