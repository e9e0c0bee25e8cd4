import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { sweepStorage, type SweepOptions } from '../../src/features/uploads/sweep-storage.js';
import { S3Storage } from '../../src/storage/s3-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { diskStorage, s3Storage, type StorageFixture } from '../storage/storage-fixtures.js';
import { renderPicture } from '../support/pictures.js';
import { freshDatabase } from '../support/database.js';
import { startTestServer, type TestServer } from '../support/server.js';

const RUNNING = { shutdown: new AbortController().signal };

describe('the sweep of the storage', () => {
  let server: TestServer;
  let requestId: string;
  let token: string;
  before(async () => {
    server = await startTestServer();
    ({ token } = await server.signUp());
    const { body } = await server.api('POST', '/requests', { token, json: { title: 'Signs' } });
    requestId = body.id as string;
  });
  after(() => server.stop());

  for (const [kind, open] of [
    ['a folder on disk', diskStorage],
    ['an S3 bucket', s3Storage],
  ] as const) {
    describe(`in ${kind}`, () => {
      let fixture: StorageFixture;
      beforeEach(async () => {
        fixture = await open();
        await sweep();
      });
      afterEach(() => fixture.close());

      const sweep = (options: Partial<SweepOptions> = {}, job: Parameters<typeof sweepStorage>[1] = {}) =>
        sweepStorage({ db: server.db, storage: fixture.storage, abandonedAfterSeconds: 0, ...options }, job, RUNNING);

      it('deletes what no row refers to, and nothing else', async () => {
        const { storage } = fixture;
        const image = await addImage(server.db, requestId, storage);
        const kept = [image.storageKey, `thumbnails/${image.id}.webp`, `heatmaps/${image.id}.webp`];
        kept.push(await orderExport(server, token, requestId));
        const slot = await handOut(server, token, requestId);
        const orphans = [
          `images/${requestId}/${randomUUID()}`,
          `images/${randomUUID()}/${randomUUID()}`,
          `clinical/${randomUUID()}/${randomUUID()}`,
          `thumbnails/${randomUUID()}.webp`,
          `heatmaps/no-image.webp`,
          `incoming/${requestId}/${randomUUID()}`,
          `exports/${randomUUID()}.zip`,
        ];
        for (const key of [...kept, slot, ...orphans]) await put(storage, key);
        await sweep();
        assert.deepEqual(await present(storage, [...kept, slot]), [...kept, slot]);
        assert.deepEqual(await present(storage, orphans), []);
      });

      it('leaves what is younger than a call may be', async () => {
        const key = `images/${requestId}/${randomUUID()}`;
        await put(fixture.storage, key);
        await sweep({ abandonedAfterSeconds: 3600 });
        assert.deepEqual(await present(fixture.storage, [key]), [key]);
      });

      it('goes on where it stopped, in the next job, until all is seen', async () => {
        const keys = Array.from({ length: 3 }, (_, index) => `images/${requestId}/orphan-${index}`);
        const others = [`clinical/${requestId}/orphan`, `thumbnails/${randomUUID()}.webp`];
        for (const key of [...keys, ...others]) await put(fixture.storage, key);
        let job: Parameters<typeof sweepStorage>[1] | undefined = {};
        let jobs = 0;
        while (job) {
          await sweep({ pagesAJob: 1 }, job);
          jobs += 1;
          job = await takeJob(server.db);
        }
        assert.ok(jobs > 2);
        assert.deepEqual(await present(fixture.storage, [...keys, ...others]), []);
      });

      it('touches no storage that another database has marked as its own', async () => {
        const key = `images/${requestId}/${randomUUID()}`;
        await put(fixture.storage, key);
        const other = await freshDatabase();
        await assert.rejects(sweep({ db: other.db }), /belongs to another database.*checks\/owner/);
        await other.drop();
        assert.deepEqual(await present(fixture.storage, [key]), [key]);
        await sweep();
        assert.deepEqual(await present(fixture.storage, [key]), []);
      });
    });
  }

  it('deletes nothing of a storage that nobody has marked and whose pictures it does not know', async () => {
    const fixture = await diskStorage();
    const foreign = `images/${randomUUID()}/${randomUUID()}`;
    await put(fixture.storage, foreign);
    const sweep = () =>
      sweepStorage({ db: server.db, storage: fixture.storage, abandonedAfterSeconds: 0 }, {}, RUNNING);
    await assert.rejects(sweep(), /pictures of which this database knows none.*checks\/owner/);
    assert.deepEqual(await present(fixture.storage, [foreign, 'checks/owner']), [foreign]);
    // One that it knows among them makes the storage its own.
    const image = await addImage(server.db, requestId, fixture.storage);
    await sweep();
    assert.deepEqual(await present(fixture.storage, [foreign, image.storageKey]), [image.storageKey]);
    await fixture.close();
  });

  it('pages by the last key, in whatever order a folder gives its names', async () => {
    const fixture = await diskStorage();
    const keys = ['images/b/2', 'images/a/1', 'images/b/1', 'images/c', 'images/a/2', 'images/a-b/1'];
    for (const key of keys) await put(fixture.storage, key);
    const all = await listed(fixture.storage, 'images');
    assert.deepEqual([...all].sort(), [...keys].sort());
    for (const [index, after] of all.entries()) {
      assert.deepEqual(await listed(fixture.storage, 'images', after), all.slice(index + 1));
    }
    await fixture.close();
  });

  it('removes unfinished files of a folder by the age that the folder gives them, also while the service runs', async () => {
    const fixture = await diskStorage();
    const body = new Readable({ read: () => undefined });
    body.push('half a picture');
    const putting = fixture.storage.put('images/late', body, 'image/png');
    putting.catch(() => undefined);
    while ((await fixture.files()).length === 0) await sleep(5);
    assert.equal(await fixture.storage.removeUnfinished(3600), 0);
    assert.equal(await fixture.storage.removeUnfinished(0), 1);
    body.push(null);
    await assert.rejects(putting);
    assert.deepEqual(await fixture.files(), []);
    await fixture.close();
  });

  it('aborts multipart uploads of a bucket that began long ago, page by page, and no younger ones', async () => {
    const calls: string[] = [];
    const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    const uploadOf = (key: string, hours: number) =>
      `<Upload><Key>${key}</Key><UploadId>id-${key}</UploadId><Initiated>${ago(hours)}</Initiated></Upload>`;
    const pages = [
      `<IsTruncated>true</IsTruncated><NextKeyMarker>b</NextKeyMarker><NextUploadIdMarker>id-b</NextUploadIdMarker>${uploadOf('a', 60)}${uploadOf('b', 1)}`,
      `<IsTruncated>false</IsTruncated>${uploadOf('c', 49)}`,
    ];
    const bucket = createServer((request, response) => {
      calls.push(`${request.method} ${decodeURIComponent(request.url ?? '')}`);
      const listing = request.method === 'GET' && pages.shift();
      response.writeHead(listing ? 200 : 204, { 'Content-Type': 'application/xml' });
      response.end(listing ? `<ListMultipartUploadsResult>${listing}</ListMultipartUploadsResult>` : '');
    }).listen(0, '127.0.0.1');
    await once(bucket, 'listening');
    const environment = { ...process.env };
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' });
    const endpoint = `http://127.0.0.1:${(bucket.address() as AddressInfo).port}`;
    assert.equal(await S3Storage.open(`s3://b?endpoint=${endpoint}`).removeUnfinished(48 * 3600), 2);
    process.env = environment;
    bucket.closeAllConnections();
    bucket.close();
    assert.match(calls[1] ?? '', /^DELETE \/b\/a\?.*uploadId=id-a/);
    assert.match(calls[2] ?? '', /key-marker=b.*upload-id-marker=id-b/);
    assert.match(calls[3] ?? '', /^DELETE \/b\/c\?.*uploadId=id-c/);
    assert.equal(calls.length, 4);
  });
});

const put = (storage: Storage, key: string) => storage.put(key, Readable.from([Buffer.from(key)]), 'image/png');

async function present(storage: Storage, keys: readonly string[]): Promise<string[]> {
  const found = await Promise.all(keys.map(async (key) => ((await storage.head(key)) ? [key] : [])));
  return found.flat();
}

async function listed(storage: Storage, prefix: string, after?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of storage.list(prefix, after)) keys.push(...page.map(({ key }) => key));
  return keys;
}

/** An image as an upload makes it, its object put where its row says. */
async function addImage(db: Knex, requestId: string, storage: Storage): Promise<{ id: string; storageKey: string }> {
  const ownerId = ((await db('requests').where({ id: requestId }).first()) as { ownerId: string }).ownerId;
  const [batchId, id] = [randomUUID(), randomUUID()];
  const storageKey = `images/${requestId}/${randomUUID()}`;
  await db('uploadBatches').insert({ id: batchId, requestId, ownerId });
  await db('images').insert({
    ...{ id, requestId, batchId, ownerId, storageKey, filename: 'a.jpg', etag: '"a"', bytes: 1 },
    ...{
      contentType: 'image/jpeg',
      width: 1,
      height: 1,
      sha256: Buffer.from(randomUUID().replaceAll('-', ''), 'ascii'),
    },
  });
  await storage.put(storageKey, Readable.from([await renderPicture({ seed: 1, width: 8, height: 8 })]), 'image/jpeg');
  return { id, storageKey };
}

/** Where the file of an export will lie that waits to be made. */
async function orderExport(server: TestServer, token: string, requestId: string): Promise<string> {
  const path = `/requests/${requestId}/exports`;
  const made = await server.api('POST', path, { token, json: { format: 'imagefolder' } });
  const id =
    made.status === 201 ? made.body.id : (await server.api<{ id: string }[]>('GET', path, { token })).body[0]?.id;
  return `exports/${String(id)}.zip`;
}

async function handOut(server: TestServer, token: string, requestId: string): Promise<string> {
  const files = [{ filename: 'a.jpg', content_type: 'image/jpeg' }];
  const { body } = await server.api('POST', '/uploads/presign', { token, json: { request_id: requestId, files } });
  return (body.uploads as [{ key: string }])[0].key;
}

/** The payload of the job that waits, which is taken off the queue. */
async function takeJob(db: Knex): Promise<{ room?: string; after?: string } | undefined> {
  const jobs = await db.raw<{ rows: { payload: { room: string; after: string } }[] }>(
    `delete from graphile_worker._private_jobs where key = 'sweepStorage' returning payload`,
  );
  return jobs.rows[0]?.payload;
}
