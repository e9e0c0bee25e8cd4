import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { sweepAbandonedUploads } from '../../src/features/uploads/sweep.js';
import { pngClaiming, pngWithTextBomb, renderAnimatedPng, renderPicture, truncate } from '../support/pictures.js';
import { startTestServer, type TestServer } from '../support/server.js';

interface Outcome {
  uploaded: number;
  skipped: number;
  errors: { filename: string; code: string; message: string }[];
}

interface Upload {
  image_id: string;
  filename: string;
  key: string;
  etag: string;
  content_type: string;
  size_bytes: number;
  preview_url: string | null;
}

const small = (seed: number, format: 'jpeg' | 'png' | 'webp' = 'jpeg') =>
  renderPicture({ seed, format, width: 96, height: 64 });

const fileOf = (name: string, bytes: Buffer, type = 'image/jpeg') => new File([new Uint8Array(bytes)], name, { type });

const emptyZip = Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)]);

let server: TestServer;
let token: string;
let requestId: string;

async function layRequest(environment: NodeJS.ProcessEnv = {}): Promise<void> {
  server = await startTestServer({ env: environment });
  ({ token } = await server.signUp());
  requestId = (await server.api('POST', '/requests', { token, json: { title: 'Signs' } })).body.id as string;
}

function send(files: readonly File[], path = `/requests/${requestId}/uploads`) {
  const form = new FormData();
  for (const file of files) form.append('files', file);
  return server.api<Outcome & Record<string, unknown>>('POST', path, { token, form });
}

const list = async (query = '') =>
  (await server.api<Upload[]>('GET', `/requests/${requestId}/uploads${query}`, { token })).body;

/** Files under the storage folder, thumbnails and temporary files included. */
async function storedFiles(): Promise<string[]> {
  const folder = join(server.services.config.dataDir, 'storage');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

const codes = ({ body }: { body: Outcome }) => body.errors.map(({ filename, code }) => `${filename}: ${code}`);

describe('uploading by form', () => {
  beforeEach(() => layRequest());
  afterEach(() => server.stop());

  it('takes JPEG, PNG and WebP by their bytes, whatever they are called', async () => {
    const { status, body } = await send([
      fileOf('a.png', await small(1, 'jpeg'), 'text/plain'),
      fileOf('b', await small(2, 'png')),
      fileOf('c.jpg', await small(3, 'webp'), 'image/gif'),
    ]);
    assert.deepEqual([status, body], [200, { request_id: requestId, uploaded: 3, skipped: 0, errors: [] }]);
    const types = Object.fromEntries((await list()).map(({ filename, content_type }) => [filename, content_type]));
    assert.deepEqual(types, { 'a.png': 'image/jpeg', b: 'image/png', 'c.jpg': 'image/webp' });
  });

  it('counts a byte-identical repeat as skipped, in one call, in the next, and in calls at once', async () => {
    const picture = await small(1);
    assert.equal((await send([fileOf('a.jpg', picture), fileOf('b.jpg', picture)])).body.skipped, 1);
    assert.deepEqual((await send([fileOf('c.jpg', picture)])).body.skipped, 1);
    const other = await small(2);
    const race = await Promise.all(Array.from({ length: 4 }, () => send([fileOf('d.jpg', other)])));
    assert.equal(
      race.reduce((sum, { body }) => sum + body.uploaded, 0),
      1,
    );
    assert.equal(
      race.reduce((sum, { body }) => sum + body.skipped, 0),
      3,
    );
    assert.equal((await list()).length, 2);
  });

  it('keeps the good of a call and names each refused file with its reason', async () => {
    const picture = await small(1);
    const answer = await send([
      fileOf('good.jpg', picture),
      fileOf('drawing.jpg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')),
      fileOf('empty.jpg', Buffer.alloc(0)),
      fileOf('torn.jpg', truncate(await small(2))),
      fileOf('huge.png', pngClaiming(16_384, 16_384)),
      fileOf('moving.png', await renderAnimatedPng({ seed: 1, width: 32, height: 32 })),
      fileOf('archive.jpg', Buffer.concat([picture, emptyZip])),
      fileOf('page.png', Buffer.from('GIF89a<script>alert(1)</script>')),
      fileOf('fine too.png', await small(3, 'png')),
    ]);
    assert.equal(answer.status, 200);
    assert.equal(answer.body.uploaded, 2);
    assert.deepEqual(codes(answer), [
      'drawing.jpg: unsupported_format',
      'empty.jpg: empty',
      'torn.jpg: truncated',
      'huge.png: too_many_pixels',
      'moving.png: animated',
      'archive.jpg: trailing_data',
      'page.png: unsupported_format',
    ]);
    for (const { message } of answer.body.errors) assert.match(message, /^[A-Z].{10,}\.$/);
    assert.equal((await storedFiles()).length, 2);
  });

  it('answers 400 when not one file was a picture, and when there was none', async () => {
    const refused = await server.api('POST', `/requests/${requestId}/uploads`, {
      token,
      form: formOf(fileOf('notes.txt', Buffer.from('hello'))),
    });
    assert.equal(refused.status, 400);
    assert.match((refused.body.errors as { files: string[] }).files[0] ?? '', /^notes\.txt: /);
    assert.equal((await send([])).status, 400);
    assert.deepEqual(await storedFiles(), []);
  });

  it('answers 400 to a malformed id and to JSON, 404 to a request that is not there', async () => {
    const picture = await small(1);
    assert.equal((await send([fileOf('a.jpg', picture)], '/requests/none/uploads')).status, 400);
    assert.equal((await send([fileOf('a.jpg', picture)], `/requests/${uuidv7()}/uploads`)).status, 404);
    const json = await server.api('POST', `/requests/${requestId}/uploads`, {
      token,
      json: { files: [{ key: 'images/forged', sha256: 'x' }], stored: [] },
    });
    assert.equal(json.status, 400);
    assert.deepEqual(await storedFiles(), []);
  });

  it('shows hostile names harmlessly and never stores under them', async () => {
    const names = [
      '../../etc/passwd.jpg',
      'C:\\windows\\x.jpg',
      `${'x'.repeat(10_000)}.jpg`,
      'ra\u202egpj.exe.jpg',
      'ö 日本.jpg',
    ];
    const files = await Promise.all(names.map(async (name, seed) => fileOf(name, await small(seed))));
    assert.equal((await send(files)).body.uploaded, names.length);
    const uploads = await list();
    assert.deepEqual(uploads.map(({ filename }) => (filename.length > 100 ? filename.length : filename)).reverse(), [
      'passwd.jpg',
      'x.jpg',
      255,
      'ragpj.exe.jpg',
      'ö 日本.jpg',
    ]);
    for (const { key } of uploads) assert.match(key, /^images\/[\w-]{36}\/[\w-]{36}$/);
  });

  it('takes a picture with a text bomb without opening it', async () => {
    const bomb = pngWithTextBomb(await small(1, 'png'), 64 * 1024 * 1024);
    assert.equal((await send([fileOf('bomb.png', bomb)])).body.uploaded, 1);
  });

  it('leaves neither rows nor files of a call that was broken off', async () => {
    const picture = await renderPicture({ seed: 1, width: 800, height: 600 });
    const boundary = 'break';
    const part = (name: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\n\r\n`;
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      `POST /requests/${requestId}/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: multipart/form-data; boundary=${boundary}\r\nContent-Length: 1000000\r\n\r\n`,
    );
    socket.write(Buffer.concat([Buffer.from(part('whole.jpg')), picture, Buffer.from(`\r\n${part('half.jpg')}`)]));
    socket.write(picture.subarray(0, picture.length / 2));
    while ((await storedFiles()).length < 2) await sleep(10);
    socket.destroy();
    for (let tries = 0; tries < 200 && (await storedFiles()).length > 0; tries += 1) await sleep(10);
    assert.deepEqual(await storedFiles(), []);
    assert.deepEqual(await list(), []);
  });

  it('is paged and searched by file name', async () => {
    for (const seed of [1, 2, 3]) await send([fileOf(`Photo ${seed}.jpg`, await small(seed))]);
    assert.deepEqual(
      (await list('?limit=2')).map(({ filename }) => filename),
      ['Photo 3.jpg', 'Photo 2.jpg'],
    );
    assert.deepEqual(
      (await list('?q=PHOTO%202')).map(({ filename }) => filename),
      ['Photo 2.jpg'],
    );
  });

  it('gives previews an address that cannot be forged', async () => {
    await send([fileOf('a.jpg', await small(1))]);
    const [upload] = await list();
    const url = new URL(upload?.preview_url ?? '');
    for (const [name, value] of [
      ['signature', 'A'.repeat(43)],
      ['signature', ''],
      ['expires', '99999999999'],
    ] as const) {
      const forged = new URL(url);
      forged.searchParams.set(name, value);
      assert.equal((await fetch(forged)).status, 404);
    }
    const other = new URL(url);
    other.pathname = `/previews/${uuidv7()}`;
    assert.equal((await fetch(other)).status, 404);
  });

  it('can be undone picture by picture', async () => {
    await send([fileOf('a.jpg', await small(1)), fileOf('b.jpg', await small(2))]);
    const [upload] = await list();
    const path = `/requests/${requestId}/uploads/${upload?.image_id ?? ''}`;
    const { status, body } = await server.api('DELETE', path, { token });
    assert.deepEqual([status, body], [200, { status: 'deleted', image_id: upload?.image_id }]);
    assert.equal((await list()).length, 1);
    assert.equal((await server.api('DELETE', path, { token })).status, 404);
    const [job] = (await server.db('graphile_worker.jobs').where({ task_identifier: 'deleteObjects' })) as unknown[];
    assert.ok(job, 'its object is deleted by a job of the same transaction');
  });
});

function formOf(...files: File[]): FormData {
  const form = new FormData();
  for (const file of files) form.append('files', file);
  return form;
}

describe('upload limits', () => {
  afterEach(() => server.stop());

  it('refuse a file that is too large and the files beyond the number allowed, and keep the others', async () => {
    await layRequest({ MAX_FILE_BYTES: '20000', MAX_FILES_PER_UPLOAD: '2' });
    const large = await renderPicture({ seed: 9, width: 640, height: 480, format: 'png' });
    const answer = await send([
      fileOf('large.png', large.subarray(0, 25_000)),
      fileOf('a.jpg', await small(1)),
      fileOf('b.jpg', await small(2)),
    ]);
    assert.equal(answer.body.uploaded, 1);
    assert.deepEqual(codes(answer), ['large.png: too_large', 'b.jpg: too_many_files']);
  });

  it('answer 413 to a call that is too large as a whole, and store nothing of it', async () => {
    await layRequest({ MAX_FILE_BYTES: '1000', MAX_FILES_PER_UPLOAD: '2' });
    const answer = await send([fileOf('a.jpg', Buffer.alloc(3_000_000))]);
    assert.equal(answer.status, 413);
    assert.deepEqual(await storedFiles(), []);
  });

  it('count pixels as configured', async () => {
    await layRequest({ MAX_IMAGE_PIXELS: '5000' });
    const answer = await send([
      fileOf('a.jpg', await small(1)),
      fileOf('b.jpg', await renderPicture({ seed: 2, width: 50, height: 50 })),
    ]);
    assert.deepEqual(codes(answer), ['a.jpg: too_many_pixels']);
  });
});

describe('uploading by presigned address', () => {
  beforeEach(() => layRequest());
  afterEach(() => server.stop());

  interface Presigned {
    filename: string;
    url: string;
    headers: Record<string, string>;
    key: string;
  }

  const presign = async (files: unknown[], as = token) =>
    server.api<{ uploads: Presigned[] } & Record<string, unknown>>('POST', '/uploads/presign', {
      token: as,
      json: { request_id: requestId, files },
    });

  const presignOne = async (extra: Record<string, unknown> = {}) => {
    const { body } = await presign([{ filename: 'a.jpg', content_type: 'image/jpeg', ...extra }]);
    const [upload] = body.uploads;
    assert.ok(upload);
    return upload;
  };

  const put = (upload: Presigned, bytes: Buffer, headers = upload.headers) =>
    fetch(upload.url, { method: 'PUT', headers, body: new Uint8Array(bytes) });

  const complete = (uploaded: unknown[], as = token, request = requestId) =>
    server.api<Outcome & Record<string, unknown>>('POST', '/uploads/complete', {
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
      request_id: requestId,
      uploaded: 1,
      skipped: 0,
      errors: [],
    });
    assert.equal((await complete(report)).body.skipped, 1, 'a repeated report changes nothing');
    const uploads = await list();
    assert.equal(uploads.length, 1);
    assert.notEqual(uploads[0]?.key, upload.key, 'it moved out of reach of the signed address');
    assert.equal((await storedFiles()).length, 1);
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
    assert.deepEqual(await storedFiles(), []);
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
    assert.equal((await storedFiles()).length, 2);
  });

  it('notices a file that is not the one that was reported', async () => {
    const upload = await presignOne();
    await put(upload, await small(1));
    const { status, body } = await complete([{ filename: 'a.jpg', key: upload.key, etag: '"another"' }]);
    assert.equal(status, 400);
    assert.match(String(body.message), /not what was uploaded/);
  });

  it('keeps one user’s keys from another, and one request’s from another', async () => {
    const admin = await server.signUp({ roles: ['SUPER_ADMIN'] });
    const upload = await presignOne();
    await put(upload, await small(1));
    const report = [{ filename: 'a.jpg', key: upload.key }];
    assert.equal((await complete(report, admin.token)).status, 400);
    const other = (await server.api('POST', '/requests', { token, json: { title: 'Other' } })).body.id as string;
    assert.equal((await complete(report, token, other)).status, 400);
    assert.equal((await complete(report)).body.uploaded, 1);
  });

  it('makes one image of two completions at once', async () => {
    const upload = await presignOne();
    await put(upload, await small(1));
    await Promise.all([1, 2, 3].map(() => complete([{ filename: 'a.jpg', key: upload.key }])));
    assert.equal((await list()).length, 1);
    assert.equal((await storedFiles()).length, 1);
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

  it('forgets keys that were never completed, with what lies under them', async () => {
    const [abandoned, recent] = [await presignOne(), await presignOne()];
    await put(abandoned, await small(1));
    await put(recent, await small(2));
    await server
      .db('presigned_uploads')
      .where({ key: abandoned.key })
      .update({ expiresAt: new Date(0) });
    await sweepAbandonedUploads(server.db, server.services.storage);
    assert.equal((await storedFiles()).length, 1);
    const { body } = await complete([
      { filename: 'a.jpg', key: abandoned.key },
      { filename: 'b.jpg', key: recent.key },
    ]);
    assert.deepEqual([body.uploaded, body.errors[0]?.code], [1, 'unknown_key']);
  });
});
