import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { createStorage } from '../../src/storage/create-storage.js';
import { type S3Fixture, s3Storage } from './storage-fixtures.js';

const MIB = 1024 * 1024;

describe('storage in an S3 bucket, seen from the server', () => {
  let fixture: S3Fixture;
  before(async () => (fixture = await s3Storage()));
  after(() => fixture.close());
  beforeEach(() => fixture.requests.splice(0));

  const open = (storageUrl: string) =>
    createStorage({ storageUrl, publicUrl: 'http://unused.example', signingKey: 'k'.repeat(32) });
  const put = (key: string, bytes: number) =>
    fixture.storage.put(key, Readable.from([randomBytes(bytes)]), 'image/jpeg');

  it('sends an object of up to 8 MiB in one request, a larger one in parts', async () => {
    await put('small', 8 * MIB);
    assert.deepEqual(fixture.requests, ['PUT /pictures/small?x-id=PutObject']);
    fixture.requests.splice(0);
    await put('large', 8 * MIB + 1);
    const parts = fixture.requests.filter((request) => request.includes('partNumber='));
    assert.equal(parts.length, 2);
  });

  it('takes back the parts of an upload that fails midway, and tells why it failed', async () => {
    async function* failing() {
      for (let part = 0; part < 2; part++) yield randomBytes(8 * MIB);
      await new Promise((resolve) => setTimeout(resolve, 100));
      throw new Error('the line went dead');
    }
    const body = Readable.from(failing(), { objectMode: false });
    await assert.rejects(fixture.storage.put('broken', body, 'image/jpeg'), /the line went dead/);
    assert.ok(fixture.requests.some((request) => /^DELETE \/pictures\/broken\?.*uploadId=/.test(request)));
    assert.equal(await fixture.storage.head('broken'), undefined);
  });

  it('signs URLs for the name under which browsers know the server', async () => {
    const storage = await open(
      's3://pictures?endpoint=http://minio:9000&region=eu-central-1&public_endpoint=https://pictures.example',
    );
    const getUrl = await storage.signedGetUrl('a/key', { contentType: 'image/png', expiresInSeconds: 60 });
    const { url: putUrl } = await storage.signedPutUrl('a/key', { contentType: 'image/png', expiresInSeconds: 60 });
    for (const url of [getUrl, putUrl].map((signed) => new URL(signed))) {
      assert.equal(url.origin + url.pathname, 'https://pictures.example/pictures/a/key');
      assert.match(url.searchParams.get('X-Amz-Credential') ?? '', /\/eu-central-1\/s3\/aws4_request$/);
    }
    assert.equal(new URL(getUrl).searchParams.get('response-content-type'), 'image/png');
    assert.match(new URL(putUrl).searchParams.get('X-Amz-SignedHeaders') ?? '', /content-type/);
    assert.doesNotMatch(putUrl, /checksum/i);
  });

  it('names the bucket in the host for AWS, in the path for an endpoint, and as it is told', async () => {
    const addressed = async (parameters: string) => {
      const storage = await open(`s3://pictures?${parameters}`);
      const { origin, pathname } = new URL(
        await storage.signedGetUrl('a/key', { contentType: 'a/b', expiresInSeconds: 9 }),
      );
      return origin + pathname;
    };
    assert.equal(await addressed('region=eu-west-1'), 'https://pictures.s3.eu-west-1.amazonaws.com/a/key');
    assert.equal(await addressed('endpoint=http://minio:9000'), 'http://minio:9000/pictures/a/key');
    assert.equal(await addressed('endpoint=http://s3.lan&path_style=false'), 'http://pictures.s3.lan/a/key');
    assert.equal(
      await addressed('region=eu-west-1&path_style=true'),
      'https://s3.eu-west-1.amazonaws.com/pictures/a/key',
    );
  });

  it('knows when the bucket cannot be used', async () => {
    const { origin } = new URL(await fixture.storage.signedGetUrl('a', { contentType: 'a/b', expiresInSeconds: 9 }));
    const storage = await open(`s3://no-such-bucket?endpoint=${origin}`);
    await assert.rejects(storage.check(), { name: 'NoSuchBucket' });
  });

  it('refuses an address it cannot read', async () => {
    await assert.rejects(open('s3://bucket/folder'), { name: 'ConfigError', message: /s3:\/\/bucket/ });
    await assert.rejects(open('s3://bucket?path_style=maybe'), { name: 'ConfigError', message: /path_style/ });
    await assert.rejects(open('s3://bucket?timeout=soon'), { name: 'ConfigError', message: /timeout/ });
    await assert.rejects(open('s3://bucket?regoin=x'), { name: 'ConfigError', message: /unknown parameter regoin/ });
  });
});
