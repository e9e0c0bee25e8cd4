import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { Organization } from '../../models/organization.js';
import { importReferences } from '../../src/features/references/import-references.js';
import { pngClaiming, renderPicture } from '../support/pictures.js';
import { QcCustomer, startTestWorker } from '../support/qc.js';
import { startTestServer, type TestServer } from '../support/server.js';

interface ReferenceRow {
  id: string;
  source_url: string;
  pdq: string;
  has_picture: boolean;
}

describe('references', function () {
  this.timeout(60_000);

  let server: TestServer;
  let admin: string;
  before(async () => {
    server = await startTestServer();
    admin = (await server.signUp({ roles: ['SUPER_ADMIN'] })).token;
  });
  after(() => server.stop());

  const list = (query = '', token = admin) => server.api<ReferenceRow[]>('GET', `/admin/references${query}`, { token });

  it('are listed and deleted by administrators of all organizations alone', async () => {
    const references = [1, 2, 3].map((number) => ({
      source_url: `https://example.com/list/${number}.jpg`,
      pdq: `${number}`.padStart(64, 'a'),
    }));
    await server.api('POST', '/admin/references', { token: admin, json: { references } });
    const first = await list('?limit=2&q=/LIST/');
    assert.deepEqual([first.status, first.headers.get('x-total-count'), first.body.length], [200, '3', 2]);
    const next = /<(.+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? assert.fail('no next page');
    const rest = (await (
      await fetch(next, { headers: { Authorization: `Bearer ${admin}` } })
    ).json()) as ReferenceRow[];
    assert.equal(new Set([...first.body, ...rest].map(({ source_url }) => source_url)).size, 3);

    const organization = await Organization.query(server.db).insertAndFetch({
      id: '01941f29-7c00-7000-8000-00000000000a',
      name: 'One of many',
    });
    const callers = [
      { roles: [], status: 403 },
      { roles: ['ADMIN'] as const, organizationId: organization.id, status: 403 },
    ];
    const path = `/admin/references/${first.body[0]?.id ?? ''}`;
    for (const { status, ...user } of callers) {
      const { token } = await server.signUp(user);
      assert.equal((await list('', token)).status, status);
      assert.equal((await server.api('DELETE', path, { token })).status, status);
    }
    assert.equal((await server.api('DELETE', path, { token: admin })).status, 200);
    assert.equal((await server.api('DELETE', path, { token: admin })).status, 404);
    assert.equal((await list('?q=/list/')).body.length, 2);
  });

  it('come from a folder of pictures too, which finds copies that a hash does not, and once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assay-references-'));
    await mkdir(join(folder, 'news', '.thumbnails'), { recursive: true });
    const picture = await renderPicture({ seed: 1 });
    await writeFile(join(folder, 'news', 'a first.jpg'), picture);
    await writeFile(join(folder, 'news', '.thumbnails', 'hidden.jpg'), picture);
    await writeFile(join(folder, 'second.png'), await renderPicture({ seed: 2, format: 'png' }));
    await writeFile(join(folder, 'broken.png'), pngClaiming(64, 64));
    await writeFile(join(folder, 'notes.txt'), 'no picture');
    const options = { baseUrl: 'https://example.com/known/' };
    const summary = await importReferences(server.services, folder, options);
    assert.deepEqual([summary.added, summary.skipped, summary.faulty], [2, 0, 2]);
    assert.deepEqual(summary.faults.map(({ at }) => at).sort(), ['broken.png', 'notes.txt']);
    const again = await importReferences(server.services, folder, options);
    assert.deepEqual([again.added, again.skipped, again.faulty], [0, 2, 2]);
    const { body } = await list('?q=/known/');
    assert.deepEqual(body.map(({ source_url, has_picture }) => `${source_url} ${has_picture}`).sort(), [
      'https://example.com/known/news/a%20first.jpg true',
      'https://example.com/known/second.png true',
    ]);
    await rm(folder, { recursive: true });

    const worker = startTestWorker(server);
    const customer = await QcCustomer.signUp(server);
    const cropped = sharp(picture).extract({ left: 60, top: 40, width: 560, height: 410 });
    const results = await customer.runToEnd(
      await customer.requestWith({ 'same.jpg': picture, 'cropped.jpg': await cropped.jpeg().toBuffer() }),
    );
    await worker.stop();
    for (const name of ['same.jpg', 'cropped.jpg']) {
      const { source_url, duplicate_score } = results[name] ?? assert.fail(name);
      assert.deepEqual([source_url, duplicate_score >= 0.85], ['https://example.com/known/news/a%20first.jpg', true]);
    }
    assert.ok(results['same.jpg']?.flags.includes('exact_duplicate'));
  });

  it('known by hash first are known by their picture once that is there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assay-references-'));
    await writeFile(join(folder, 'a.jpg'), await renderPicture({ seed: 5 }));
    const options = { baseUrl: 'https://example.com/upgraded' };
    await importReferences(server.services, folder, options);
    const [row] = (await list('?q=/upgraded/')).body;
    assert.ok(row);
    await server.api('DELETE', `/admin/references/${row.id}`, { token: admin });
    const references = [{ source_url: row.source_url, pdq: row.pdq }];
    await server.api('POST', '/admin/references', { token: admin, json: { references } });
    assert.equal((await list('?q=/upgraded/')).body[0]?.has_picture, false);
    const { added } = await importReferences(server.services, folder, options);
    await rm(folder, { recursive: true });
    const after = (await list('?q=/upgraded/')).body;
    assert.deepEqual([added, after.length, after[0]?.has_picture], [1, 1, true]);
  });
});
