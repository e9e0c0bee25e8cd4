import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { inspectStored, receiveFile } from '../../src/features/uploads/inspection/receive-file.js';
import { diskStorage, s3Storage, type StorageFixture } from '../storage/storage-fixtures.js';
import { renderAnimatedPng, renderPicture, truncate } from '../support/pictures.js';
import { limits } from './inspected.js';

for (const [kind, open] of [
  ['disk', diskStorage],
  ['S3', s3Storage],
] as const) {
  describe(`files received into storage on ${kind}`, () => {
    let fixture: StorageFixture;
    let webp: Buffer;
    before(async () => {
      fixture = await open();
      webp = await renderPicture({ seed: 3, width: 320, height: 200, format: 'webp' });
    });
    after(() => fixture.close());

    const receive = (source: Readable, key: string) =>
      receiveFile(source, '../a name.webp', { storage: fixture.storage, key, limits });
    const put = (key: string, content: Buffer) => fixture.storage.put(key, Readable.from([content]), 'image/webp');

    it('are the same whether they stream in or lie there already', async () => {
      const received = await receive(Readable.from(inPieces(webp, 1000)), 'received/one');
      assert.ok('key' in received);
      assert.equal(received.filename, 'a name.webp');
      assert.deepEqual(await fixture.storage.head('received/one'), { bytes: webp.length, etag: received.etag });
      assert.deepEqual(await inspectStored(fixture.storage, 'received/one', 'a name.webp', limits), received);
      const url = await fixture.storage.signedGetUrl('received/one', {
        contentType: 'image/webp',
        expiresInSeconds: 60,
      });
      assert.ok(webp.equals(Buffer.from(await (await fetch(url)).arrayBuffer())));
    });

    it('leave nothing when they are rejected, at their start, midway or at their very end', async () => {
      const before = await fixture.files();
      const rejected: [Buffer, string][] = [
        [Buffer.from('no picture'), 'not_an_image'],
        [Buffer.alloc(0), 'empty'],
        [await renderAnimatedPng({ seed: 1 }), 'animated'],
        [Buffer.concat([webp, Buffer.alloc(limits.maxFileBytes)]), 'too_large'],
        [truncate(webp), 'truncated'],
        [Buffer.concat([webp, Buffer.from('PK')]), 'trailing_data'],
      ];
      for (const [content, code] of rejected) {
        const source = Readable.from(inPieces(content, 5000));
        const outcome = await receive(source, 'rejected/streamed');
        assert.ok('code' in outcome && outcome.code === code, code);
        assert.equal(outcome.filename, 'a name.webp');

        await put('rejected/stored', content);
        const verdict = await inspectStored(fixture.storage, 'rejected/stored', 'a name.webp', limits);
        assert.deepEqual(verdict, outcome);
        assert.equal(await fixture.storage.head('rejected/stored'), undefined);
      }
      assert.deepEqual(await fixture.files(), before);
    });

    it('let the rest of a rejected stream flow on, so that what follows it can be read', async () => {
      const source = new PassThrough();
      const receiving = receive(source, 'rejected/flowing');
      source.write(Buffer.alloc(5000));
      assert.ok('code' in (await receiving));
      const ended = new Promise((resolve) => source.once('end', resolve));
      for (let chunk = 0; chunk < 100; chunk++) source.write(Buffer.alloc(10_000));
      source.end();
      await ended;
    });

    it('leave nothing when their stream fails', async () => {
      const before = await fixture.files();
      const source = new PassThrough();
      const receiving = receive(source, 'failed/one');
      source.write(webp.subarray(0, 3000));
      setImmediate(() => source.destroy(new Error('the line went dead')));
      await assert.rejects(receiving, /the line went dead/);
      assert.equal(await fixture.storage.head('failed/one'), undefined);
      assert.deepEqual(await fixture.files(), before);
    });

    it('cannot be inspected where nothing lies', async () => {
      await assert.rejects(inspectStored(fixture.storage, 'missing/one', 'x', limits), { name: 'ObjectNotFound' });
    });
  });
}

function* inPieces(content: Buffer, bytes: number) {
  for (let offset = 0; offset < content.length; offset += bytes) yield content.subarray(offset, offset + bytes);
}
