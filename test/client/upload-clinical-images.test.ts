import assert from 'node:assert/strict';
import { createClient, TRPCClientError, uploadClinicalImages, type AssayClient } from '../../client/index.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { fileOf, small } from '../uploads/uploader.js';

describe('uploading clinical images with the typed client', () => {
  let server: TestServer;
  let client: AssayClient;

  before(async () => {
    server = await startTestServer();
  });
  beforeEach(async () => {
    client = createClient({ url: server.url, token: (await server.signUp()).token });
  });
  after(() => server.stop());

  const files = (...seeds: number[]) =>
    Promise.all(seeds.map(async (seed) => fileOf(`wound ${seed}.jpg`, await small(seed))));

  it('sends them in several calls and tells how far it is', async () => {
    const progress: number[] = [];
    const { images, repeated, errors } = await uploadClinicalImages(client, await files(1, 2, 1), {
      filesPerCall: 2,
      onProgress: ({ sent }) => progress.push(sent),
    });
    assert.deepEqual([images.length, repeated, errors], [2, 1, []]);
    assert.equal(progress.length, 2);
    assert.ok(progress[0]! < 3, 'told before all were sent');
    assert.equal(progress[1], 3);
    assert.deepEqual(
      (await client.images.list.query({})).map(({ id }) => id).sort(),
      images.map(({ id }) => id).sort(),
    );
    assert.equal((await client.classifications.unclassified.query({})).length, 2);
  });

  it('classifies them where a stage is given', async () => {
    const { images } = await uploadClinicalImages(client, await files(1, 2), { stage: 'stage3' });
    const image_id = images[0]?.id ?? '';
    const [given] = await client.classifications.list.query({ image_id, vocabulary: 'en' });
    assert.equal(given?.stage, 'stage3');
    assert.deepEqual(await client.classifications.unclassified.query({}), []);
  });

  it('names what was refused and goes on, even when a whole call was', async () => {
    const sources = [new File(['hello'], 'notes.txt'), ...(await files(1))];
    const { images, errors } = await uploadClinicalImages(client, sources, { filesPerCall: 1 });
    assert.equal(images.length, 1);
    assert.deepEqual(
      errors.map(({ filename }) => filename),
      ['notes.txt'],
    );
  });

  it('fails when the call itself may not be', async () => {
    const { token } = await server.signUp({ roles: ['VIEWER'] });
    const viewer = createClient({ url: server.url, token });
    await assert.rejects(uploadClinicalImages(viewer, await files(1)), TRPCClientError);
  });
});
