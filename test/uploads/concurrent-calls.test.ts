import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { keepReceived } from '../../src/features/uploads/keep-received.js';
import type { ReceivedFile } from '../../src/features/uploads/received-files.js';
import { fileOf, small, Uploader } from './uploader.js';

describe('uploads of the same files', () => {
  let customer: Uploader;

  beforeEach(async () => {
    customer = await Uploader.start();
  });
  afterEach(() => customer.stop());

  const received = (call: number, index: number): ReceivedFile => ({
    filename: `${index}.jpg`,
    key: `images/${call}/${index}`,
    etag: '"e"',
    contentType: 'image/jpeg',
    bytes: 1,
    sha256: createHash('sha256').update(`${index}`).digest('hex'),
    width: 1,
    height: 1,
  });

  it('in another order at the same time become one set of images, and no call fails', async () => {
    const { db } = customer.server;
    const { id, ownerId } = (await db('requests').first()) as { id: string; ownerId: string };
    const kept = await Promise.all(
      [0, 1, 2, 3].map((call) => {
        const files = Array.from({ length: 400 }, (_, index) => received(call, index));
        if (call % 2) files.reverse();
        return db.transaction((trx) => keepReceived(trx, { requestId: id, ownerId }, files));
      }),
    );
    assert.equal(
      kept.reduce((sum, { uploaded }) => sum + uploaded, 0),
      400,
    );
    assert.equal((await db('uploadBatches')).length, 1, 'a call that brought nothing new leaves no batch');
  });

  it('are shown in the order they were sent in', async () => {
    const names = Array.from({ length: 8 }, (_, seed) => `${seed}.jpg`);
    await customer.send(await Promise.all(names.map(async (name, seed) => fileOf(name, await small(seed)))));
    assert.deepEqual(
      (await customer.list()).map(({ filename }) => filename),
      names.reverse(),
    );
  });
});
