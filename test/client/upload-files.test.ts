import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AssayClient, createClient, TRPCClientError, uploadFiles } from '../../client/node.js';
import { renderPicture } from '../support/pictures.js';
import { startTestServer, type TestServer } from '../support/server.js';

describe('Uploading through the typed client', () => {
  let server: TestServer;
  let folder: string;
  let client: AssayClient;
  let paths: string[];
  let requestId: string;

  before(async () => {
    server = await startTestServer();
    folder = await mkdtemp(join(tmpdir(), 'assay-upload-'));
    paths = await Promise.all(
      [1, 2, 3, 4, 5].map(async (seed) => {
        const path = join(folder, `größe ${seed}.jpg`);
        await writeFile(path, await renderPicture({ seed, width: 64, height: 64 }));
        return path;
      }),
    );
  });

  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    const { token } = await server.signUp({ roles: ['CUSTOMER'] });
    client = createClient({ url: server.url, token });
    requestId = (await client.requests.create.mutate({ title: 'Signs' })).id;
  });

  const namesStored = async () => {
    const uploads = await client.uploads.list.query({ request_id: requestId });
    return uploads.map(({ filename }) => filename).sort();
  };

  it('takes files from disk and from memory', async () => {
    const picture = new File([await renderPicture({ seed: 6, format: 'png' })], 'in hand.png');
    const outcome = await uploadFiles(client, requestId, [paths[0]!, picture]);
    assert.deepEqual(outcome, { uploaded: 2, skipped: 0, errors: [] });
    assert.deepEqual(await namesStored(), ['größe 1.jpg', 'in hand.png']);
  });

  it('sends so many a call and tells how far it is', async () => {
    const progress: number[] = [];
    await uploadFiles(client, requestId, paths, {
      filesPerCall: 2,
      concurrency: 1,
      onProgress: ({ sent, total, uploaded }) => {
        assert.equal(total, 5);
        assert.equal(uploaded, sent);
        progress.push(sent);
      },
    });
    assert.deepEqual(progress, [2, 4, 5]);
    assert.equal((await namesStored()).length, 5);
  });

  it('sends so many bytes a call, a larger file alone', async () => {
    const progress: number[] = [];
    await uploadFiles(client, requestId, paths, {
      bytesPerCall: 1,
      concurrency: 1,
      onProgress: ({ sent }) => progress.push(sent),
    });
    assert.deepEqual(progress, [1, 2, 3, 4, 5]);
  });

  it('counts repeats as skipped', async () => {
    await uploadFiles(client, requestId, paths.slice(0, 2));
    assert.deepEqual(await uploadFiles(client, requestId, paths.slice(0, 3)), { uploaded: 1, skipped: 2, errors: [] });
  });

  it('names what was refused and goes on, even when a whole call was', async () => {
    const refused = [1, 2].map((number) => new File(['no picture'], `notes ${number}.txt`));
    const outcome = await uploadFiles(client, requestId, [...refused, paths[0]!, paths[1]!], { filesPerCall: 2 });
    assert.equal(outcome.uploaded, 2);
    assert.deepEqual(
      outcome.errors.map(({ filename }) => filename),
      ['notes 1.txt', 'notes 2.txt'],
    );
    for (const { message } of outcome.errors) {
      assert.match(message, /\S/);
      assert.doesNotMatch(message, /notes/);
    }
  });

  it('goes on when a whole call was too large', async () => {
    const large = Buffer.concat([await renderPicture({ seed: 7 }), Buffer.alloc(21 * 1024 * 1024)]);
    const outcome = await uploadFiles(client, requestId, [new File([large], 'large.jpg'), paths[0]!], {
      filesPerCall: 1,
    });
    assert.equal(outcome.uploaded, 1);
    assert.deepEqual(
      outcome.errors.map(({ filename, code }) => [filename, code]),
      [['large.jpg', 'too_large']],
    );
  });

  it('takes a file with control characters in its name', async () => {
    const picture = new File([await renderPicture({ seed: 8 })], 'a\x07 b\n.jpg');
    const states: string[] = [];
    const outcome = await uploadFiles(client, requestId, [picture], { onFile: ({ state }) => states.push(state) });
    assert.deepEqual(outcome, { uploaded: 1, skipped: 0, errors: [] });
    assert.equal(states.at(-1), 'taken');
    assert.deepEqual(await namesStored(), ['a b.jpg']);
  });

  it('fails when the call itself may not be', async () => {
    const stranger = createClient({ url: server.url, token: (await server.signUp()).token });
    await assert.rejects(uploadFiles(stranger, requestId, paths), TRPCClientError);
    assert.deepEqual(await namesStored(), []);
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const uploading = uploadFiles(client, requestId, paths, {
      filesPerCall: 1,
      concurrency: 1,
      signal: stop.signal,
      onProgress: ({ sent }) => {
        if (sent === 2) stop.abort();
      },
    });
    await assert.rejects(uploading);
    assert.equal((await namesStored()).length, 2);
  });
});
