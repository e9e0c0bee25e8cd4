import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { v7 as uuidv7 } from 'uuid';
import { Image } from '../../models/image.js';
import { PICTURE_EXPIRES_IN_SECONDS, PictureUrls } from '../../src/features/images/picture-urls.js';
import { type S3Fixture, s3Storage } from '../storage/storage-fixtures.js';
import { fileOf, small, Uploader } from '../uploads/uploader.js';

const open = (url: string | URL, init: RequestInit = {}) => fetch(url, { redirect: 'manual', ...init });

describe('picture addresses', () => {
  let customer: Uploader;
  let image: Image;
  let picture: Buffer;
  let original: string;
  let preview: string;

  before(async () => {
    customer = await Uploader.start({ RATE_LIMIT_PER_MINUTE: '60' });
    picture = await small(1);
    await customer.send([fileOf('a.jpg', picture)]);
    const [upload] = await customer.list();
    const thumbnailKey = 'thumbnails/a';
    await customer.server.services.storage.put(thumbnailKey, Readable.from([await small(2, 'webp')]), 'image/webp');
    image = await Image.query(customer.server.db).patchAndFetchById(upload?.image_id ?? '', { thumbnailKey });
    original = customer.server.services.pictureUrls.original(image);
    preview = upload?.preview_url ?? '';
  });
  after(() => customer.stop());

  it('lead to the picture and to its preview', async () => {
    const whole = await fetch(original);
    assert.equal(whole.headers.get('content-type'), 'image/jpeg');
    assert.deepEqual(Buffer.from(await whole.arrayBuffer()), picture);
    assert.equal((await fetch(preview)).headers.get('content-type'), 'image/webp');
  });

  it('are redirects that a browser may keep for a minute and show on any page', async () => {
    for (const url of [original, preview]) {
      for (const method of ['GET', 'HEAD']) {
        const { status, headers } = await open(url, { method });
        assert.equal(status, 302);
        assert.match(headers.get('location') ?? '', /\/storage\/.*signature=/);
        assert.equal(headers.get('cache-control'), 'private, max-age=60');
        assert.equal(headers.get('cross-origin-resource-policy'), 'cross-origin');
      }
    }
    const { status, headers } = await open(original, { method: 'DELETE' });
    assert.deepEqual([status, headers.get('allow')], [405, 'HEAD, GET, OPTIONS']);
  });

  it('do not count against the rate limit', async () => {
    const answers = await Promise.all(Array.from({ length: 70 }, () => open(preview, { method: 'HEAD' })));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([302]));
  });

  it('are good for nothing but what they were signed for', async () => {
    const foreign = new PictureUrls({ publicUrl: customer.server.url, signingKey: 'of another service' });
    const { pictureUrls } = customer.server.services;
    const changed = (change: (url: URL) => unknown) => {
      const url = new URL(original);
      change(url);
      return url;
    };
    for (const url of [
      changed((url) => url.searchParams.set('signature', 'A'.repeat(43))),
      changed((url) => url.searchParams.set('signature', '')),
      changed((url) => url.searchParams.delete('signature')),
      changed((url) => url.searchParams.set('expires', '99999999999')),
      changed((url) => (url.search = '')),
      changed((url) => (url.pathname = url.pathname.replace('original', 'preview'))),
      changed((url) => (url.pathname = url.pathname.replace(image.id, uuidv7()))),
      foreign.original(image),
      pictureUrls.original({ id: uuidv7() }),
      pictureUrls.original({ id: 'malformed' }),
      pictureUrls.original({ id: '%27' }),
    ]) {
      const answer = await open(url);
      const body = (await answer.json()) as Record<string, unknown>;
      assert.deepEqual([answer.status, body.code, body.message], [404, 'not_found', 'Picture not found.'], String(url));
      assert.equal(body.request_id, answer.headers.get('x-request-id'));
      assert.equal(answer.headers.get('cache-control'), 'no-store');
    }
  });

  it('stay the same for hours and expire', () => {
    const realNow = Date.now;
    const { pictureUrls } = customer.server.services;
    const [, path = '', query = ''] = /([^/]+)\/original\?(.*)$/.exec(original) ?? [];
    const isGood = () => pictureUrls.isSigned(path, 'original', new URLSearchParams(query));
    const expires = Number(new URLSearchParams(query).get('expires'));
    const madeIn = (expires - PICTURE_EXPIRES_IN_SECONDS) * 1000;
    try {
      Date.now = () => madeIn;
      assert.equal(pictureUrls.original(image), original);
      Date.now = () => madeIn + (PICTURE_EXPIRES_IN_SECONDS / 4) * 1000 - 1;
      assert.equal(pictureUrls.original(image), original);
      Date.now = () => madeIn + (PICTURE_EXPIRES_IN_SECONDS / 4) * 1000;
      assert.notEqual(pictureUrls.original(image), original);
      Date.now = () => expires * 1000 - 1;
      assert.equal(isGood(), true);
      Date.now = () => expires * 1000;
      assert.equal(isGood(), false);
    } finally {
      Date.now = realNow;
    }
  });

  it('answer at once that a preview is not made yet to whoever does not wait', async () => {
    await customer.send([fileOf('d.jpg', await small(5))]);
    const [upload] = await customer.list();
    const refused = await open(`${upload?.preview_url ?? ''}&wait=0`);
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '5']);
    assert.equal(refused.headers.get('cache-control'), 'no-store');
    const images = Image.query(customer.server.db);
    await images.findById(upload?.image_id ?? '').patch({ thumbnailKey: image.thumbnailKey });
    assert.equal((await open(`${upload?.preview_url ?? ''}&wait=0`)).status, 302);
    await Image.query(customer.server.db).deleteById(upload?.image_id ?? '');
  });

  it('wait for a preview that is being made, and there is none where none can be made', async () => {
    await customer.send([fileOf('b.jpg', await small(3)), fileOf('c.jpg', await small(4))]);
    const [failing, waited] = await customer.list();
    const answer = open(waited?.preview_url ?? '');
    const refused = open(failing?.preview_url ?? '');
    const images = Image.query(customer.server.db);
    await images.findById(waited?.image_id ?? '').patch({ thumbnailKey: image.thumbnailKey });
    await Image.query(customer.server.db)
      .findById(failing?.image_id ?? '')
      .patch({ thumbnailFailed: true });
    assert.equal((await answer).status, 302);
    assert.equal((await refused).status, 404);
    assert.deepEqual(
      (await customer.list()).map(({ preview_url }) => preview_url === null),
      [true, false, false],
    );
  });
});

describe('picture addresses of pictures in S3', () => {
  let s3: S3Fixture;
  let customer: Uploader;

  before(async () => {
    s3 = await s3Storage();
    customer = await Uploader.start({ STORAGE_URL: s3.storageUrl });
    await customer.send([fileOf('a.jpg', await small(1)), fileOf('b.jpg', await small(2))]);
  });
  after(async () => {
    await customer.stop();
    await s3.close();
  });

  it('are ours in lists, and S3 signs only what is shown', async () => {
    const { storage, pictureUrls } = customer.server.services;
    let signatures = 0;
    const sign = storage.signedGetUrl.bind(storage);
    storage.signedGetUrl = (...terms) => {
      signatures += 1;
      return sign(...terms);
    };
    const uploads = await customer.list();
    for (const { preview_url: url } of uploads) assert.ok(url?.startsWith(`${customer.server.url}/pictures/`));
    assert.equal(signatures, 0);
    const shown = await open(pictureUrls.original({ id: uploads[1]?.image_id ?? '' }));
    assert.equal(signatures, 1);
    assert.match(shown.headers.get('location') ?? '', /X-Amz-Signature=/);
    const picture = await fetch(shown.headers.get('location') ?? '');
    assert.deepEqual(Buffer.from(await picture.arrayBuffer()), await small(1));
  });
});

describe('signed addresses under a malformed Host header', () => {
  let customer: Uploader;
  before(async () => {
    customer = await Uploader.start();
    await customer.send([fileOf('a.jpg', await small(1))]);
  });
  after(() => customer.stop());

  async function openUnder(host: string, url: URL): Promise<IncomingMessage> {
    const call = httpRequest(url, { headers: { Host: host } }).end();
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    return answer;
  }

  it('are checked and served as under any other', async () => {
    const [upload] = await customer.list();
    const original = new URL(customer.server.services.pictureUrls.original({ id: upload?.image_id ?? '' }));
    const redirect = await openUnder('[', original);
    redirect.resume();
    assert.equal(redirect.statusCode, 302);
    const stored = new URL(redirect.headers.location ?? '');
    const served = await openUnder('[', stored);
    served.resume();
    assert.equal(served.statusCode, 200);
    stored.search = '';
    const refused = await openUnder('[', stored);
    assert.equal(refused.statusCode, 403);
    assert.equal(((await json(refused)) as Record<string, unknown>).code, 'forbidden');
  });
});
