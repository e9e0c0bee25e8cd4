import assert from 'node:assert/strict';
import { mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type { DomainError } from '../../src/errors.js';
import { createStorage } from '../../src/storage/create-storage.js';
import { DiskStorage } from '../../src/storage/disk-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { type DiskFixture, diskStorage, temporaryFolder } from './storage-fixtures.js';

const HOUR = 60 * 60 * 1000;

describe('storage in a folder on disk, seen from the folder', () => {
  let fixture: DiskFixture;
  before(async () => (fixture = await diskStorage()));
  after(() => fixture.close());

  const reopen = (storageUrl: string): Promise<Storage> =>
    createStorage({ storageUrl, publicUrl: fixture.publicUrl, signingKey: 'k'.repeat(32) });
  const put = (storage: Storage, key: string) => storage.put(key, Readable.from([Buffer.from(key)]), 'image/png');

  it('finds its objects again under a path, a relative path and a file URL', async () => {
    await put(fixture.storage, 'found/again');
    const info = await fixture.storage.head('found/again');
    for (const address of [fixture.folder, relative(process.cwd(), fixture.folder), pathToFileURL(fixture.folder)]) {
      const storage = await reopen(address instanceof URL ? address.href : `file:${address}`);
      assert.deepEqual(await storage.head('found/again'), info);
    }
  });

  it('removes what a crash left unfinished over an hour ago, and nothing that may still be arriving', async () => {
    const incoming = join(fixture.folder, 'incoming');
    await writeFile(join(incoming, 'abandoned'), 'half a picture');
    await writeFile(join(incoming, 'arriving'), 'half a picture');
    const longAgo = new Date(Date.now() - 2 * HOUR);
    await utimes(join(incoming, 'abandoned'), longAgo, longAgo);
    await reopen(`file:${fixture.folder}`);
    const left = (await fixture.files()).filter((path) => path.startsWith(incoming));
    assert.deepEqual(left, [join(incoming, 'arriving')]);
    await rm(join(incoming, 'arriving'));
  });

  it('says that it is full in a way the caller can be told, and leaves nothing behind', async () => {
    const before = await fixture.files();
    for (const code of ['ENOSPC', 'EDQUOT']) {
      const body = Readable.from(failingWith(code), { objectMode: false });
      await assert.rejects(fixture.storage.put('full', body, 'image/png'), { kind: 'storage_full' });
    }
    assert.deepEqual(await fixture.files(), before);
  });

  it('lets only one of two racing first uploads win', async () => {
    const storage = fixture.storage;
    assert.ok(storage instanceof DiskStorage);
    const racers = ['one', 'two', 'three'].map((content) =>
      storage.putNew('raced/for', Readable.from([Buffer.from(content)])),
    );
    const results = await Promise.allSettled(racers);
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as DomainError] : []));
    assert.deepEqual(
      refusals.map(({ kind }) => kind),
      ['conflict', 'conflict'],
    );
  });

  it('knows when the folder cannot be used', async () => {
    const folder = await temporaryFolder();
    const storage = await reopen(`file:${folder}`);
    await rename(join(folder, 'incoming'), join(folder, 'gone'));
    await assert.rejects(storage.check(), { code: 'ENOENT' });
    await mkdir(join(folder, 'incoming'));
    await storage.check();
    await rm(folder, { recursive: true });
  });
});

function* failingWith(code: string) {
  yield Buffer.from('the first bytes');
  throw Object.assign(new Error('write failed'), { code });
}
