import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import type { SignedUpload } from '../../src/storage/storage.js';
import { type DiskFixture, diskStorage, limits } from './storage-fixtures.js';

const PNG = 'image/png';
const CONTENT = Buffer.from('0123456789');

describe('signed URLs of storage on disk', () => {
  let fixture: DiskFixture;
  let url: string;
  let etag: string;
  before(async () => {
    fixture = await diskStorage();
    ({ etag } = await fixture.storage.put('served/object', Readable.from([CONTENT]), PNG));
    url = await fixture.storage.signedGetUrl('served/object', { contentType: PNG, expiresInSeconds: 600 });
  });
  after(() => fixture.close());

  const uploadTo = (key: string, contentLength?: number) =>
    fixture.storage.signedPutUrl(key, {
      contentType: PNG,
      expiresInSeconds: 60,
      ...(contentLength !== undefined && { contentLength }),
    });

  it('keep a browser from taking a picture for anything else', async () => {
    const { headers } = await fetch(url);
    assert.equal(headers.get('content-type'), PNG);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('content-disposition'), 'inline');
    assert.equal(headers.get('cross-origin-resource-policy'), 'cross-origin');
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*sandbox/);
    assert.match(headers.get('cache-control') ?? '', /^private, immutable, max-age=(4[5-9]|5|600)\d*$/);
    assert.equal(headers.get('content-length'), '10');
  });

  it('answer HEAD as GET, without the body', async () => {
    const [got, headed] = [await fetch(url), await fetch(url, { method: 'HEAD' })];
    for (const name of ['content-type', 'content-length', 'etag', 'accept-ranges']) {
      assert.equal(headed.headers.get(name), got.headers.get(name), name);
    }
    assert.equal(await headed.text(), '');
  });

  it('answer 304 to a browser that has the object', async () => {
    const fresh = await get(url, { 'If-None-Match': `"other", ${etag}` });
    assert.deepEqual([fresh.statusCode, fresh.headers.etag], [304, etag]);
    assert.equal((await get(url, { 'If-None-Match': '"other"' })).statusCode, 200);
  });

  for (const [range, expected] of [
    ['bytes=2-5', { status: 206, text: '2345', contentRange: 'bytes 2-5/10' }],
    ['bytes=7-', { status: 206, text: '789', contentRange: 'bytes 7-9/10' }],
    ['bytes=-3', { status: 206, text: '789', contentRange: 'bytes 7-9/10' }],
    ['bytes=-99', { status: 206, text: '0123456789', contentRange: 'bytes 0-9/10' }],
    ['bytes=8-99', { status: 206, text: '89', contentRange: 'bytes 8-9/10' }],
    ['bytes=5-2', { status: 200, text: '0123456789', contentRange: null }],
    ['bytes=0-1,4-5', { status: 200, text: '0123456789', contentRange: null }],
    ['bytes=-', { status: 200, text: '0123456789', contentRange: null }],
    ['lines=1-2', { status: 200, text: '0123456789', contentRange: null }],
  ] as const) {
    it(`serve the range ${range}`, async () => {
      const answer = await fetch(url, { headers: { Range: range } });
      const contentRange = answer.headers.get('content-range');
      assert.deepEqual({ status: answer.status, text: await answer.text(), contentRange }, expected);
    });
  }

  it('refuse a range beyond the end in the one error shape', async () => {
    for (const range of ['bytes=10-', 'bytes=-0']) {
      const answer = await fetch(url, { headers: { Range: range } });
      const body = (await answer.json()) as Record<string, unknown>;
      assert.deepEqual([answer.status, body.code, body.detail], [416, 'range_not_satisfiable', body.message]);
      assert.equal(answer.headers.get('content-range'), 'bytes */10');
    }
  });

  it('serve a range only of the object the client has begun with', async () => {
    const same = await fetch(url, { headers: { Range: 'bytes=2-5', 'If-Range': etag } });
    const other = await fetch(url, { headers: { Range: 'bytes=2-5', 'If-Range': '"other"' } });
    assert.deepEqual([same.status, other.status], [206, 200]);
  });

  it('say 404 where the object is gone or the key is no key, 405 to other methods', async () => {
    const gone = await fixture.storage.signedGetUrl('gone/object', { contentType: PNG, expiresInSeconds: 60 });
    assert.equal((await fetch(gone)).status, 404);
    for (const path of ['/storage/', '/storage/%2e%2e/passwd', '/storage/a%00b', '/storage/a//b']) {
      assert.equal((await fetch(fixture.publicUrl + path)).status, 404, path);
    }
    const deleted = await fetch(url, { method: 'DELETE' });
    assert.deepEqual([deleted.status, deleted.headers.get('allow')], [405, 'GET, HEAD, PUT']);
  });

  it('tell a refused client what to do, in the one error shape', async () => {
    const upload = await uploadTo('refused/object', 9);
    const answer = await send(upload, CONTENT);
    assert.equal(answer.status, 400);
    assert.match(answer.body.message, /exactly 9 bytes/);
    assert.equal(answer.body.detail, answer.body.message);
    const unsigned = await send({ ...upload, url: upload.url.split('?')[0]! }, CONTENT);
    assert.equal(unsigned.status, 403);
    assert.match(unsigned.body.message, /ask for a new one/);
  });

  it('want the length announced where it was signed', async () => {
    const upload = await uploadTo('chunked/signed', CONTENT.length);
    assert.equal((await send(upload, CONTENT, { chunked: true })).status, 400);
    assert.equal((await send(upload, CONTENT)).status, 200);
  });

  it('take the first upload to a key and no second', async () => {
    const upload = await uploadTo('used/once');
    const first = await send(upload, CONTENT);
    assert.equal(first.status, 200);
    assert.equal(first.headers.etag, (await fixture.storage.head('used/once'))?.etag);
    const second = await send(upload, Buffer.from('another picture'));
    assert.equal(second.status, 409);
    assert.equal((await fixture.storage.head('used/once'))?.bytes, CONTENT.length);
  });

  it('refuse a file over the limit before it is read, and while it is read where no length was announced', async () => {
    const tooLarge = randomBytes(limits.maxFileBytes + 1);
    for (const chunked of [false, true]) {
      const upload = await uploadTo(`large/${chunked}`);
      const before = await fixture.files();
      const answer = await send(upload, tooLarge, { chunked });
      assert.equal(answer.status, 413);
      assert.deepEqual(await fixture.files(), before);
    }
  });
});

interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: { message: string; detail: string };
}

/** Unlike `fetch`, adds no `Cache-Control` of its own to a conditional request. */
async function get(url: string, headers: Record<string, string>): Promise<IncomingMessage> {
  const [answer] = (await once(httpRequest(url, { headers }).end(), 'response')) as [IncomingMessage];
  return answer.resume();
}

/** Sends the whole body before it looks at the answer, as simple clients do. */
function send({ url, method, headers }: SignedUpload, content: Buffer, { chunked = false } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = chunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': content.length };
    const upload = httpRequest(url, { method, headers: { ...headers, ...length } }, (answer) => {
      const body = answer.statusCode === 200 ? Promise.resolve({ message: '', detail: '' }) : json(answer);
      if (answer.statusCode === 200) answer.resume();
      body.then((parsed) => {
        resolve({ status: answer.statusCode, headers: answer.headers, body: parsed as Answer['body'] });
      }, reject);
    });
    upload.on('error', reject);
    upload.end(content);
  });
}
