import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { pngClaiming, pngWithTextBomb, renderAnimatedPng, renderPicture, truncate } from '../support/pictures.js';
import { codes, fileOf, formOf, small, Uploader } from './uploader.js';

const emptyZip = Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)]);

describe('uploading by form', () => {
  let customer: Uploader;

  beforeEach(async () => {
    customer = await Uploader.start();
  });
  afterEach(() => customer.stop());

  it('takes JPEG, PNG and WebP by their bytes, whatever they are called', async () => {
    const { status, body } = await customer.send([
      fileOf('a.png', await small(1, 'jpeg'), 'text/plain'),
      fileOf('b', await small(2, 'png')),
      fileOf('c.jpg', await small(3, 'webp'), 'image/gif'),
    ]);
    assert.deepEqual([status, body], [200, { request_id: customer.requestId, uploaded: 3, skipped: 0, errors: [] }]);
    const types = Object.fromEntries(
      (await customer.list()).map(({ filename, content_type }) => [filename, content_type]),
    );
    assert.deepEqual(types, { 'a.png': 'image/jpeg', b: 'image/png', 'c.jpg': 'image/webp' });
  });

  it('counts a byte-identical repeat as skipped, in one call, in the next, and in calls at once', async () => {
    const picture = await small(1);
    assert.equal((await customer.send([fileOf('a.jpg', picture), fileOf('b.jpg', picture)])).body.skipped, 1);
    assert.deepEqual((await customer.send([fileOf('c.jpg', picture)])).body.skipped, 1);
    const other = await small(2);
    const race = await Promise.all(Array.from({ length: 4 }, () => customer.send([fileOf('d.jpg', other)])));
    assert.equal(
      race.reduce((sum, { body }) => sum + body.uploaded, 0),
      1,
    );
    assert.equal(
      race.reduce((sum, { body }) => sum + body.skipped, 0),
      3,
    );
    assert.equal((await customer.list()).length, 2);
  });

  it('keeps the good of a call and names each refused file with its reason', async () => {
    const picture = await small(1);
    const answer = await customer.send([
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
    assert.equal((await customer.storedFiles()).length, 2);
  });

  it('answers 400 when not one file was a picture, and when there was none', async () => {
    const refused = await customer.server.api('POST', `/requests/${customer.requestId}/uploads`, {
      token: customer.token,
      form: formOf(fileOf('notes.txt', Buffer.from('hello'))),
    });
    assert.equal(refused.status, 400);
    assert.match((refused.body.errors as { files: string[] }).files[0] ?? '', /^notes\.txt: /);
    assert.equal((await customer.send([])).status, 400);
    assert.deepEqual(await customer.storedFiles(), []);
  });

  it('answers 400 to a malformed id and to JSON, 404 to a request that is not there', async () => {
    const picture = await small(1);
    assert.equal((await customer.send([fileOf('a.jpg', picture)], '/requests/none/uploads')).status, 400);
    assert.equal((await customer.send([fileOf('a.jpg', picture)], `/requests/${uuidv7()}/uploads`)).status, 404);
    const json = await customer.server.api('POST', `/requests/${customer.requestId}/uploads`, {
      token: customer.token,
      json: { files: [{ key: 'images/forged', sha256: 'x' }], stored: [] },
    });
    assert.equal(json.status, 400);
    assert.deepEqual(await customer.storedFiles(), []);
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
    assert.equal((await customer.send(files)).body.uploaded, names.length);
    const uploads = await customer.list();
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
    assert.equal((await customer.send([fileOf('bomb.png', bomb)])).body.uploaded, 1);
  });

  it('leaves neither rows nor files of a call that was broken off', async () => {
    const picture = await renderPicture({ seed: 1, width: 800, height: 600 });
    const boundary = 'break';
    const part = (name: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\n\r\n`;
    const socket = connect(Number(new URL(customer.server.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      `POST /requests/${customer.requestId}/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${customer.token}\r\n` +
        `Content-Type: multipart/form-data; boundary=${boundary}\r\nContent-Length: 1000000\r\n\r\n`,
    );
    socket.write(Buffer.concat([Buffer.from(part('whole.jpg')), picture, Buffer.from(`\r\n${part('half.jpg')}`)]));
    socket.write(picture.subarray(0, picture.length / 2));
    while ((await customer.storedFiles()).length < 2) await sleep(10);
    socket.destroy();
    for (let tries = 0; tries < 200 && (await customer.storedFiles()).length > 0; tries += 1) await sleep(10);
    assert.deepEqual(await customer.storedFiles(), []);
    assert.deepEqual(await customer.list(), []);
  });

  it('makes a request new again that was ready or completed, unless nothing new came', async () => {
    const status = async () =>
      (await customer.server.api('GET', `/requests/${customer.requestId}`, { token: customer.token })).body.status;
    const setStatus = (value: string) =>
      customer.server.db('requests').where({ id: customer.requestId }).update({ status: value });
    for (const [seed, before, after] of [
      [1, 'ready', 'new'],
      [2, 'completed', 'new'],
      [2, 'completed', 'completed'],
      [3, 'in_progress', 'in_progress'],
    ] as const) {
      await setStatus(before);
      await customer.send([fileOf('a.jpg', await small(seed))]);
      assert.equal(await status(), after);
    }
  });

  it('is paged and searched by file name', async () => {
    for (const seed of [1, 2, 3]) await customer.send([fileOf(`Photo ${seed}.jpg`, await small(seed))]);
    assert.deepEqual(
      (await customer.list('?limit=2')).map(({ filename }) => filename),
      ['Photo 3.jpg', 'Photo 2.jpg'],
    );
    assert.deepEqual(
      (await customer.list('?q=PHOTO%202')).map(({ filename }) => filename),
      ['Photo 2.jpg'],
    );
  });

  it('gives previews an address that cannot be forged', async () => {
    await customer.send([fileOf('a.jpg', await small(1))]);
    const [upload] = await customer.list();
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
    other.pathname = `/pictures/${uuidv7()}/preview`;
    assert.equal((await fetch(other)).status, 404);
  });

  it('can be undone picture by picture', async () => {
    await customer.send([fileOf('a.jpg', await small(1)), fileOf('b.jpg', await small(2))]);
    const [upload] = await customer.list();
    const path = `/requests/${customer.requestId}/uploads/${upload?.image_id ?? ''}`;
    const { status, body } = await customer.server.api('DELETE', path, { token: customer.token });
    assert.deepEqual([status, body], [200, { status: 'deleted', image_id: upload?.image_id }]);
    assert.equal((await customer.list()).length, 1);
    assert.equal((await customer.server.api('DELETE', path, { token: customer.token })).status, 404);
    const [job] = (await customer.server
      .db('graphile_worker.jobs')
      .where({ task_identifier: 'deleteObjects' })) as unknown[];
    assert.ok(job, 'its object is deleted by a job of the same transaction');
  });
});

describe('upload limits', () => {
  let customer: Uploader;

  afterEach(() => customer.stop());

  it('refuse a file that is too large and the files beyond the number allowed, and keep the others', async () => {
    customer = await Uploader.start({ MAX_FILE_BYTES: '20000', MAX_FILES_PER_UPLOAD: '2' });
    const large = await renderPicture({ seed: 9, width: 640, height: 480, format: 'png' });
    const answer = await customer.send([
      fileOf('large.png', large.subarray(0, 25_000)),
      fileOf('a.jpg', await small(1)),
      fileOf('b.jpg', await small(2)),
    ]);
    assert.equal(answer.body.uploaded, 1);
    assert.deepEqual(codes(answer), ['large.png: too_large', 'b.jpg: too_many_files']);
  });

  it('answer 413 where every file is too large, and name each', async () => {
    customer = await Uploader.start({ MAX_FILE_BYTES: '1000' });
    const answer = await customer.send([fileOf('a.jpg', await small(1)), fileOf('b.jpg', await small(2))]);
    const { code, errors } = answer.body as unknown as { code: string; errors: { files: string[] } };
    assert.deepEqual([answer.status, code, errors.files.length], [413, 'too_large', 2]);
    assert.match(errors.files[1] ?? '', /^b\.jpg: The file is larger than/);
  });

  it('answer 413 to a call that is too large as a whole, and store nothing of it', async () => {
    customer = await Uploader.start({ MAX_FILE_BYTES: '1000', MAX_FILES_PER_UPLOAD: '2' });
    const answer = await customer.send([fileOf('a.jpg', Buffer.alloc(3_000_000))]);
    assert.equal(answer.status, 413);
    assert.deepEqual(await customer.storedFiles(), []);
  });

  it('count pixels as configured', async () => {
    customer = await Uploader.start({ MAX_IMAGE_PIXELS: '5000' });
    const answer = await customer.send([
      fileOf('a.jpg', await small(1)),
      fileOf('b.jpg', await renderPicture({ seed: 2, width: 50, height: 50 })),
    ]);
    assert.deepEqual(codes(answer), ['a.jpg: too_many_pixels']);
  });
});
