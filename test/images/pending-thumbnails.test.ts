import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { Image } from '../../models/image.js';
import { PendingThumbnails } from '../../src/features/images/pending-thumbnails.js';
import { fileOf, small, Uploader } from '../uploads/uploader.js';

describe('waiting for thumbnails', () => {
  let customer: Uploader;
  let first: string;
  let second: string;
  let gone: AbortController;

  beforeEach(async () => {
    customer = await Uploader.start();
    await customer.send([fileOf('a.jpg', await small(1)), fileOf('b.jpg', await small(2))]);
    const [newest, oldest] = await customer.list();
    [first, second] = [oldest?.image_id ?? '', newest?.image_id ?? ''];
    gone = new AbortController();
    setMaxListeners(0, gone.signal);
  });
  afterEach(async () => {
    gone.abort();
    await customer.stop();
  });

  const made = (id: string, patch: Partial<Image>) => Image.query(customer.server.db).findById(id).patch(patch);
  const unavailable = { name: 'DomainError', kind: 'unavailable', retryAfter: 5 };

  it('costs one place an image, however many wait for it', async () => {
    const pending = new PendingThumbnails(customer.server.db, { maxImages: 2 });
    const many = Array.from({ length: 210 }, () => pending.keyOf(first, gone.signal));
    const other = pending.keyOf(second, gone.signal);
    await made(first, { thumbnailKey: 'thumbnails/a' });
    await made(second, { thumbnailKey: 'thumbnails/b' });
    assert.deepEqual(new Set(await Promise.all(many)), new Set(['thumbnails/a']));
    assert.equal(await other, 'thumbnails/b');
  });

  it('asks the database once for all that wait', async () => {
    let queries = 0;
    customer.server.db.on('query', () => (queries += 1));
    await made(first, { thumbnailKey: 'thumbnails/a' });
    queries = 0;
    const pending = new PendingThumbnails(customer.server.db);
    await Promise.all(Array.from({ length: 50 }, () => pending.keyOf(first, gone.signal)));
    assert.equal(queries, 1);
  });

  it('is refused for more images than there are places, until one is free', async () => {
    const pending = new PendingThumbnails(customer.server.db, { maxImages: 1 });
    const leaving = new AbortController();
    const waits = [pending.keyOf(first, leaving.signal), pending.keyOf(first, leaving.signal)];
    await assert.rejects(pending.keyOf(second, gone.signal), unavailable);
    leaving.abort();
    await Promise.all(waits.map((wait) => assert.rejects(wait, unavailable)));
    await made(second, { thumbnailKey: 'thumbnails/b' });
    assert.equal(await pending.keyOf(second, gone.signal), 'thumbnails/b');
  });

  it('goes on for the others when one hangs up', async () => {
    const pending = new PendingThumbnails(customer.server.db);
    const leaving = new AbortController();
    const [left, stayed] = [pending.keyOf(first, leaving.signal), pending.keyOf(first, gone.signal)];
    leaving.abort();
    await assert.rejects(left, unavailable);
    await made(first, { thumbnailKey: 'thumbnails/a' });
    assert.equal(await stayed, 'thumbnails/a');
    await assert.rejects(pending.keyOf(first, AbortSignal.abort()), unavailable);
  });

  it('ends when the thumbnail turns out not to be possible, or the image is deleted', async () => {
    const pending = new PendingThumbnails(customer.server.db);
    const waits = [pending.keyOf(first, gone.signal), pending.keyOf(second, gone.signal)];
    await made(first, { thumbnailFailed: true });
    await Image.query(customer.server.db).deleteById(second);
    await Promise.all(waits.map((wait) => assert.rejects(wait, { name: 'DomainError', kind: 'not_found' })));
  });
});
