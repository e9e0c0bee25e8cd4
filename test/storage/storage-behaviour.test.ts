import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SignedUpload } from '../../src/storage/storage.js';
import { diskStorage, s3Storage, type StorageFixture } from './storage-fixtures.js';

const JPEG = 'image/jpeg';
const MIB = 1024 * 1024;

for (const [kind, open] of [
  ['a folder on disk', diskStorage],
  ['an S3 bucket', s3Storage],
] as const) {
  describe(`storage in ${kind}`, () => {
    let fixture: StorageFixture;
    before(async () => (fixture = await open()));
    after(() => fixture.close());

    const put = (key: string, bytes: Buffer) => fixture.storage.put(key, Readable.from([bytes]), JPEG);
    const read = async (key: string) => buffer((await fixture.storage.open(key)).stream);
    const getUrl = (key: string, expiresInSeconds = 60) =>
      fixture.storage.signedGetUrl(key, { contentType: JPEG, expiresInSeconds });
    const putUrl = (key: string, contentLength?: number, expiresInSeconds = 60) =>
      fixture.storage.signedPutUrl(key, {
        contentType: JPEG,
        expiresInSeconds,
        ...(contentLength !== undefined && { contentLength }),
      });
    const send = ({ url, method, headers }: SignedUpload, body: Buffer, contentType = headers['Content-Type'] ?? '') =>
      fetch(url, { method, headers: { 'Content-Type': contentType }, body: new Uint8Array(body) });

    for (const bytes of [0, 5, 9 * MIB]) {
      it(`gives back what was put: ${bytes} bytes`, async () => {
        const content = randomBytes(bytes);
        const key = `objects/${bytes}`;
        const info = await fixture.storage.put(key, inPieces(content), JPEG);
        const { stream, ...opened } = await fixture.storage.open(key);
        assert.equal(sha256(await buffer(stream)), sha256(content));
        assert.equal(info.bytes, bytes);
        assert.match(info.etag, /^"[^"]+"$/);
        assert.deepEqual(opened, info);
        assert.deepEqual(await fixture.storage.head(key), info);
      });
    }

    it('shows nothing under a key until all bytes have arrived', async () => {
      const body = new PassThrough();
      const putting = fixture.storage.put('slow/object', body, JPEG);
      body.write(randomBytes(100_000));
      await sleep(50);
      assert.equal(await fixture.storage.head('slow/object'), undefined);
      body.end();
      await putting;
      assert.equal((await fixture.storage.head('slow/object'))?.bytes, 100_000);
    });

    for (const sent of [0, 1000, 200_000]) {
      it(`leaves nothing behind when a stream fails after ${sent} bytes`, async () => {
        const before = await fixture.files();
        const body = Readable.from(failingAfter(sent), { objectMode: false });
        await assert.rejects(fixture.storage.put('failed/object', body, JPEG), /the line went dead/);
        assert.equal(await fixture.storage.head('failed/object'), undefined);
        assert.deepEqual(await fixture.files(), before);
      });
    }

    it('leaves nothing behind when a stream is destroyed before it is read', async () => {
      const before = await fixture.files();
      const body = new PassThrough();
      body.destroy();
      await assert.rejects(fixture.storage.put('failed/object', body, JPEG));
      assert.deepEqual(await fixture.files(), before);
    });

    it('replaces an object as a whole', async () => {
      const first = await put('replaced/object', Buffer.from('first'));
      const second = await put('replaced/object', Buffer.from('second one'));
      assert.equal((await read('replaced/object')).toString(), 'second one');
      assert.notEqual(first.etag, second.etag);
    });

    it('says so when an object is missing', async () => {
      const missing = { name: 'ObjectNotFound', key: 'missing/object' };
      assert.equal(await fixture.storage.head('missing/object'), undefined);
      await assert.rejects(fixture.storage.open('missing/object'), missing);
      await assert.rejects(fixture.storage.move('missing/object', 'elsewhere/object'), missing);
      await assert.rejects(
        fixture.storage.withLocalFile('missing/object', () => Promise.resolve()),
        missing,
      );
      await fixture.storage.delete(['missing/object']);
      assert.equal(await fixture.storage.head('elsewhere/object'), undefined);
    });

    it('moves an object over another', async () => {
      await put('moved/from', Buffer.from('moved'));
      await put('moved/to', Buffer.from('there before'));
      await fixture.storage.move('moved/from', 'moved/to');
      assert.equal(await fixture.storage.head('moved/from'), undefined);
      assert.equal((await read('moved/to')).toString(), 'moved');
    });

    it('deletes many objects', async () => {
      const keys = Array.from({ length: 40 }, (_, index) => `deleted/${index}`);
      for (const key of keys) await put(key, Buffer.from(key));
      await fixture.storage.delete(keys);
      for (const key of keys) assert.equal(await fixture.storage.head(key), undefined);
    });

    it('lends an object as a local file, and takes a copy of it back even when its use fails', async () => {
      await put('local/object', Buffer.from('on disk'));
      const lent: string[] = [];
      const text = await fixture.storage.withLocalFile('local/object', async (path) => {
        lent.push(path);
        return readFile(path, 'utf8');
      });
      assert.equal(text, 'on disk');
      const failing = fixture.storage.withLocalFile('local/object', (path) => {
        lent.push(path);
        return Promise.reject(new Error('no use'));
      });
      await assert.rejects(failing, /no use/);
      const kept = (await fixture.files()).filter((path) => lent.includes(path));
      for (const path of lent) assert.equal(existsSync(path), kept.includes(path));
      assert.equal((await read('local/object')).toString(), 'on disk');
    });

    it('takes no key that could leave its room', async () => {
      for (const key of [
        '../outside',
        'a/../../outside',
        '/etc/passwd',
        'a//b',
        '',
        'a\0b',
        'a b',
        '.hidden',
        'a\\b',
      ]) {
        await assert.rejects(put(key, Buffer.from('x')), TypeError, JSON.stringify(key));
        await assert.rejects(async () => getUrl(key), TypeError, JSON.stringify(key));
      }
    });

    it('serves a signed URL with the type that was signed and no credentials', async () => {
      await put('signed/get', Buffer.from('a picture'));
      const answer = await fetch(await getUrl('signed/get'));
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('content-type'), JPEG);
      assert.equal(await answer.text(), 'a picture');
    });

    it('makes the same URL twice in a row, so that browsers find what they cached', async () => {
      const first = await at('2026-03-01T12:01:00Z', () => getUrl('signed/get', 3600));
      const second = await at('2026-03-01T12:01:05Z', () => getUrl('signed/get', 3600));
      assert.equal(first, second);
    });

    it('refuses a signed URL that was changed', async () => {
      await put('signed/get', Buffer.from('a picture'));
      await put('signed/other', Buffer.from('another picture'));
      const url = await getUrl('signed/get');
      const retyped = url.replace('image%2Fjpeg', 'text%2Fhtml');
      for (const changed of [url.replace('signed/get', 'signed/other'), retyped, url.slice(0, -4) + 'abcd']) {
        assert.notEqual(changed, url);
        assert.equal((await fetch(changed)).status, 403, changed);
      }
    });

    it('takes one upload to a signed URL and answers with its ETag', async () => {
      const upload = await putUrl('signed/put', 9);
      assert.deepEqual([upload.method, upload.headers], ['PUT', { 'Content-Type': JPEG }]);
      const answer = await send(upload, Buffer.from('a picture'));
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('etag'), (await fixture.storage.head('signed/put'))?.etag);
      assert.equal((await read('signed/put')).toString(), 'a picture');
    });

    it('refuses an upload of another type or length than was signed, or to another key', async () => {
      const upload = await putUrl('signed/refused', 9);
      const elsewhere = { ...upload, url: upload.url.replace('signed/refused', 'signed/elsewhere') };
      const picture = Buffer.from('a picture');
      const answers = [
        await send(upload, picture, 'text/html'),
        await send(upload, Buffer.from('a longer picture')),
        await send(elsewhere, picture),
        await send({ ...upload, url: await getUrl('signed/refused') }, picture),
      ];
      for (const { status } of answers) assert.ok(status === 400 || status === 403, `answered ${status}`);
      assert.equal(await fixture.storage.head('signed/refused'), undefined);
      assert.equal(await fixture.storage.head('signed/elsewhere'), undefined);
    });

    it('refuses signed URLs once they have expired', async () => {
      await put('expired/get', Buffer.from('a picture'));
      const url = await getUrl('expired/get', 1);
      const upload = await putUrl('expired/put', 9, 1);
      await sleep(2_100);
      assert.equal((await fetch(url)).status, 403);
      assert.equal((await send(upload, Buffer.from('a picture'))).status, 403);
      assert.equal(await fixture.storage.head('expired/put'), undefined);
    });

    it('keeps nothing of an upload that breaks off, and takes the retry', async () => {
      const upload = await putUrl('signed/retried', 1 * MIB);
      await breakOff(upload, 1 * MIB);
      assert.equal(await fixture.storage.head('signed/retried'), undefined);
      assert.equal((await send(upload, randomBytes(1 * MIB))).status, 200);
      assert.equal((await fixture.storage.head('signed/retried'))?.bytes, 1 * MIB);
    });

    it('knows whether it works', async () => {
      await fixture.storage.check();
      const before = await fixture.files();
      await fixture.storage.check();
      assert.deepEqual(await fixture.files(), before);
    });
  });
}

/** Sends half of what it announced and hangs up; resolves once the connection is gone. */
function breakOff({ url, method, headers }: SignedUpload, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    const upload = request(url, { method, headers: { ...headers, 'Content-Length': bytes } });
    upload.on('error', () => undefined);
    upload.on('close', resolve);
    upload.write(randomBytes(bytes / 2), () => upload.destroy());
  });
}

/** Runs `action` as if it were then. */
async function at<T>(time: string, action: () => Promise<T>): Promise<T> {
  const { now } = Date;
  Date.now = () => Date.parse(time);
  try {
    return await action();
  } finally {
    Date.now = now;
  }
}

function inPieces(content: Buffer): Readable {
  const pieces: Buffer[] = [];
  for (let offset = 0; offset < content.length; offset += 64 * 1024) {
    pieces.push(content.subarray(offset, offset + 64 * 1024));
  }
  return Readable.from(pieces, { objectMode: false });
}

function* failingAfter(bytes: number) {
  for (let sent = 0; sent < bytes; sent += 1000) yield randomBytes(1000);
  throw new Error('the line went dead');
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
