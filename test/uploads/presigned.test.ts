import assert from 'node:assert/strict';
import { sweepAbandonedUploads } from '../../src/features/uploads/sweep.js';
import type { Storage } from '../../src/storage/storage.js';
import { storageUnavailable } from '../../src/storage/storage-faults.js';
import { truncate } from '../support/pictures.js';
import { small, Uploader, type Outcome } from './uploader.js';

const MOST_OPEN = 12;

describe('uploading by presigned address', () => {
  let customer: Uploader;

  beforeEach(async () => {
    customer = await Uploader.start({ MAX_OPEN_UPLOADS: String(MOST_OPEN) });
  });
  afterEach(() => customer.stop());

  interface Presigned {
    filename: string;
    url: string;
    headers: Record<string, string>;
    key: string;
  }

  const presign = async (files: unknown[], as = customer.token) =>
    customer.server.api<{ uploads: Presigned[] } & Record<string, unknown>>('POST', '/uploads/presign', {
      token: as,
      json: { request_id: customer.requestId, files },
    });

  const presignOne = async (extra: Record<string, unknown> = {}) => {
    const { body } = await presign([{ filename: 'a.jpg', content_type: 'image/jpeg', ...extra }]);
    const [upload] = body.uploads;
    assert.ok(upload);
    return upload;
  };

  const put = (upload: Presigned, bytes: Buffer, headers = upload.headers) =>
    fetch(upload.url, { method: 'PUT', headers, body: new Uint8Array(bytes) });

  const complete = (uploaded: unknown[], as = customer.token, request = customer.requestId) =>
    customer.server.api<Outcome & Record<string, unknown>>('POST', '/uploads/complete', {
      token: as,
      json: { request_id: request, uploaded },
    });

  it('makes an image of what was PUT, once', async () => {
    const upload = await presignOne();
    const response = await put(upload, await small(1));
    assert.equal(response.status, 200);
    const report = [{ filename: 'a.jpg', key: upload.key, etag: response.headers.get('ETag') }];
    assert.deepEqual((await complete(report)).body, {
      status: 'ok',
      request_id: customer.requestId,
      uploaded: 1,
      skipped: 0,
      errors: [],
    });
    assert.equal((await complete(report)).body.skipped, 1, 'a repeated report changes nothing');
    const uploads = await customer.list();
    assert.equal(uploads.length, 1);
    assert.notEqual(uploads[0]?.key, upload.key, 'it moved out of reach of the signed address');
    assert.equal((await customer.storedFiles()).length, 1);
  });

  it('enforces the content type and the length that were signed', async () => {
    const picture = await small(1);
    const upload = await presignOne({ size_bytes: picture.length });
    assert.ok((await put(upload, picture, { 'Content-Type': 'text/html' })).status >= 400);
    assert.ok((await put(upload, Buffer.concat([picture, picture]))).status >= 400);
    assert.equal((await put(upload, picture)).status, 200);
  });

  it('takes no other key, method or expiry than was signed', async () => {
    const upload = await presignOne();
    const picture = await small(1);
    for (const change of [
      (url: URL) => (url.pathname = url.pathname.replace(/.$/, 'x')),
      (url: URL) => url.searchParams.set('expires', '99999999999'),
    ]) {
      const url = new URL(upload.url);
      change(url);
      assert.ok((await put({ ...upload, url: url.href }, picture)).status >= 400);
    }
    assert.ok((await fetch(upload.url)).status >= 400);
    assert.deepEqual(await customer.storedFiles(), []);
  });

  it('checks at completion what lies there, file by file', async () => {
    const [good, svg, never, torn] = (
      await presign(Array.from({ length: 4 }, () => ({ filename: 'x.jpg', content_type: 'image/jpeg' })))
    ).body.uploads as [Presigned, Presigned, Presigned, Presigned];
    await put(good, await small(1));
    await put(svg, Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'));
    await put(torn, truncate(await small(2)));
    const { status, body } = await complete([
      { filename: 'good.jpg', key: good.key },
      { filename: 'svg.jpg', key: svg.key, etag: null },
      { filename: 'never.jpg', key: never.key },
      { filename: 'torn.jpg', key: torn.key },
      { filename: 'other.jpg', key: 'incoming/somewhere/else' },
      { filename: 'up.jpg', key: '../../etc/passwd' },
    ]);
    assert.deepEqual([status, body.uploaded], [200, 1]);
    assert.deepEqual(
      body.errors.map(({ code }) => code),
      ['unsupported_format', 'missing', 'truncated', 'unknown_key', 'unknown_key'],
    );
    assert.equal((await put(never, await small(3))).status, 200, 'a key not yet used may still be');
    assert.equal((await complete([{ filename: 'never.jpg', key: never.key }])).body.uploaded, 1);
    assert.equal((await customer.storedFiles()).length, 2);
  });

  it('uses a key up by a refusal, also where nothing else was reported', async () => {
    const upload = await presignOne();
    await put(upload, Buffer.from('GIF89a'));
    const report = [{ filename: 'a.jpg', key: upload.key }];
    assert.equal((await complete(report)).status, 400);
    await put(upload, await small(1));
    assert.deepEqual((await complete(report)).body.uploaded, 0);
    assert.deepEqual(await customer.list(), []);
  });

  it('loses no file where the images cannot be kept: the same report succeeds later', async () => {
    const { db } = customer.server;
    const upload = await presignOne();
    await put(upload, await small(1));
    const report = [{ filename: 'a.jpg', key: upload.key }];
    await db.raw('alter table images add constraint none check (false)');
    assert.equal((await complete(report)).status, 500);
    await db.raw('alter table images drop constraint none');
    assert.equal((await complete(report)).body.uploaded, 1);
    assert.equal((await customer.storedFiles()).length, 1);
  });

  it('loses no file where storage fails while they are inspected: the same report succeeds later', async () => {
    const { storage } = customer.server.services;
    const report = [];
    for (const seed of [1, 2, 3]) {
      const { key, ...upload } = await presignOne();
      await put({ key, ...upload }, await small(seed));
      report.push({ filename: `${seed}.jpg`, key });
    }
    const open: Storage['open'] = (key) => storage.open(key);
    let opened = 0;
    const failing = Object.assign(Object.create(storage) as Storage, {
      open: (key: string) => ((opened += 1) === 2 ? Promise.reject(storageUnavailable(new Error('EIO'))) : open(key)),
      move: (from: string, to: string) => storage.move(from, to),
      head: (key: string) => storage.head(key),
      delete: (keys: readonly string[]) => storage.delete(keys),
    });
    customer.server.services.storage = failing;
    assert.equal((await complete(report)).status, 503);
    customer.server.services.storage = storage;
    assert.equal((await complete(report)).body.uploaded, 3);
    assert.equal((await customer.storedFiles()).length, 3);
  });

  it('notices a file that is not the one that was reported', async () => {
    const upload = await presignOne();
    await put(upload, await small(1));
    const { status, body } = await complete([{ filename: 'a.jpg', key: upload.key, etag: '"another"' }]);
    assert.equal(status, 400);
    assert.match(String(body.message), /not what was uploaded/);
  });

  it('keeps one user’s keys from another, and one request’s from another', async () => {
    const admin = await customer.server.signUp({ roles: ['SUPER_ADMIN'] });
    const upload = await presignOne();
    await put(upload, await small(1));
    const report = [{ filename: 'a.jpg', key: upload.key }];
    assert.equal((await complete(report, admin.token)).status, 400);
    const other = (await customer.server.api('POST', '/requests', { token: customer.token, json: { title: 'Other' } }))
      .body.id as string;
    assert.equal((await complete(report, customer.token, other)).status, 400);
    assert.equal((await complete(report)).body.uploaded, 1);
  });

  it('makes one image each of completions at once, none of which finds fault with what the others took', async () => {
    const uploads = await Promise.all(Array.from({ length: 6 }, () => presignOne()));
    for (const [seed, upload] of uploads.entries()) await put(upload, await small(seed));
    const report = uploads.map(({ key }) => ({ filename: 'a.jpg', key }));
    const answers = await Promise.all([report, report.toReversed(), report].map((files) => complete(files)));
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body.uploaded + body.skipped, body.errors]),
      Array(3).fill([200, 6, []]),
    );
    assert.equal(
      answers.reduce((sum, { body }) => sum + body.uploaded, 0),
      6,
    );
    assert.equal((await customer.list()).length, 6);
    assert.equal((await customer.storedFiles()).length, 6);
  });

  it('refuses to sign what would not be taken', async () => {
    for (const file of [
      { filename: 'a.svg', content_type: 'image/svg+xml' },
      { filename: 'a.jpg', content_type: 'image/jpeg', size_bytes: 10 ** 9 },
      { filename: '', content_type: 'image/jpeg' },
    ]) {
      assert.equal((await presign([file])).status, 400, JSON.stringify(file));
    }
    const many = Array.from({ length: 501 }, () => ({ filename: 'a.jpg', content_type: 'image/jpeg' }));
    assert.equal((await presign(many)).status, 400);
    assert.equal((await presign([])).status, 400);
  });

  it('has so many addresses of a user open at a time, however many calls ask at once, until they are used or expire', async () => {
    const five = Array.from({ length: 5 }, () => ({ filename: 'a.jpg', content_type: 'image/jpeg' }));
    const answers = await Promise.all([1, 2, 3, 4].map(() => presign(five)));
    const [first] = answers.filter(({ status }) => status === 200);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 409, 409]);
    const refused = answers.find(({ status }) => status === 409);
    assert.match(String(refused?.body.message), /^You have 10 addresses for uploads open, and 12 may be: report /);

    const [used, expired] = first?.body.uploads ?? [];
    assert.ok(used && expired);
    await put(used, await small(1));
    assert.equal((await complete([{ filename: 'a.jpg', key: used.key }])).body.uploaded, 1);
    const slot = customer.server.db('presigned_uploads').where({ key: expired.key });
    await slot.update({ expiresAt: new Date(0) });
    assert.equal((await presign(five)).status, 409, 'eight are open');
    assert.equal((await presign(five.slice(1))).status, 200);
  });

  it('forgets keys that were never completed, with what lies under them', async () => {
    const [abandoned, recent] = [await presignOne(), await presignOne()];
    await put(abandoned, await small(1));
    await put(recent, await small(2));
    await customer.server
      .db('presigned_uploads')
      .where({ key: abandoned.key })
      .update({ expiresAt: new Date(0) });
    await sweepAbandonedUploads(customer.server.db, customer.server.services.storage);
    assert.equal((await customer.storedFiles()).length, 1);
    const { body } = await complete([
      { filename: 'a.jpg', key: abandoned.key },
      { filename: 'b.jpg', key: recent.key },
    ]);
    assert.deepEqual([body.uploaded, body.errors[0]?.code], [1, 'unknown_key']);
  });
});
