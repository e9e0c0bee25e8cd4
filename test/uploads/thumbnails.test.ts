import assert from 'node:assert/strict';
import { Image } from '../../models/image.js';
import { makeThumbnails, type ThumbnailServices } from '../../src/features/uploads/make-thumbnails.js';
import type { WebpAnswer } from '../../workers/analysis.js';
import { fileOf, small, Uploader } from './uploader.js';

describe('making thumbnails', () => {
  const webp = new Uint8Array(Buffer.from('RIFF'));
  let customer: Uploader;

  beforeEach(async () => {
    customer = await Uploader.start();
    await customer.send(await Promise.all([1, 2, 3].map(async (seed) => fileOf(`${seed}.jpg`, await small(seed)))));
  });
  afterEach(() => customer.stop());

  /** With threads that answer as told, picture by picture. */
  const make = async (answer: (nth: number) => WebpAnswer, shutdown = new AbortController().signal) => {
    const { db, services } = customer.server;
    let asked = 0;
    const thumbnail = () =>
      new Promise<WebpAnswer>((resolve) => {
        resolve(answer(++asked));
      });
    const making: ThumbnailServices = {
      db,
      storage: services.storage,
      pool: { threads: 1, thumbnail },
      maxPixels: 1e6,
    };
    const images = await Image.query(db).orderBy('id');
    await makeThumbnails(
      making,
      images.map(({ id }) => id),
      shutdown,
    );
  };
  const made = { webp, milliseconds: 1 };
  const states = async () => {
    const images = await Image.query(customer.server.db);
    return images
      .map(({ thumbnailKey, thumbnailFailed }) => (thumbnailKey ? 'made' : thumbnailFailed ? 'failed' : 'open'))
      .sort();
  };

  it('marks a picture that never can be decoded, and makes the others', async () => {
    await make((nth) => (nth === 1 ? { ...made, webp: null, undecodable: 'It is torn.', lasting: true } : made));
    assert.deepEqual(await states(), ['failed', 'made', 'made']);
  });

  it('marks nothing for a fault of ours or a limit of today: the job is tried again', async () => {
    const answer = (nth: number): WebpAnswer => {
      if (nth === 1) throw new Error('out of memory');
      return nth === 2 ? { ...made, webp: null, undecodable: 'It is too large.', lasting: false } : made;
    };
    await assert.rejects(make(answer), /2 thumbnails failed: Error: (out of memory|It is too large)/);
    assert.deepEqual(await states(), ['made', 'open', 'open']);
    await make(() => made);
    assert.deepEqual(await states(), ['made', 'made', 'made']);
  });

  it('stops between two pictures on shutdown, and puts the rest back into the queue', async () => {
    const { db } = customer.server;
    const jobs = () =>
      db<{ id: string; payload: { imageIds: string[] } }>('graphile_worker._private_jobs').orderBy('id', 'desc');
    const before = (await jobs()).length;
    const shutdown = new AbortController();
    await make(() => {
      shutdown.abort();
      return made;
    }, shutdown.signal);
    assert.deepEqual(await states(), ['made', 'open', 'open']);
    const after = await jobs();
    assert.equal(after.length, before + 1);
    const open = await Image.query(db).whereNull('thumbnailKey');
    assert.deepEqual(after[0]?.payload.imageIds.toSorted(), open.map(({ id }) => id).sort());
  });
});
