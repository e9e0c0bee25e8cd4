import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type FileProgress, statusOf, uploadFiles, type AssayClient } from '../../client/index.js';
import { renderPicture } from '../support/pictures.js';
import { startTestServer, TEST_PASSWORD, type TestServer } from '../support/server.js';
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.js';

describe('A typed client before a faulty service', () => {
  let server: TestServer;
  let proxy: FaultyProxy;
  let client: AssayClient;
  let requestId: string;
  let files: File[];

  before(async () => {
    server = await startTestServer();
    proxy = await startFaultyProxy(server.url);
    files = await Promise.all(
      [1, 2, 3].map(async (seed) => new File([await renderPicture({ seed, width: 64, height: 64 })], `${seed}.jpg`)),
    );
  });
  after(async () => {
    await proxy.stop();
    await server.stop();
  });
  beforeEach(async () => {
    const { token } = await server.signUp({ roles: ['CUSTOMER'] });
    client = createClient({ url: proxy.url, token });
    requestId = (await client.requests.create.mutate({ title: 'Signs' })).id;
    proxy.calls.length = 0;
  });

  const busy = { status: 503, headers: { 'Retry-After': '0' } };
  const callsOf = (procedure: string) => proxy.calls.filter((path) => path.includes(procedure)).length;

  it('asks again where the service was busy or the connection broke', async () => {
    proxy.fail('auth.me', busy, 'lost', { status: 429, headers: { 'Retry-After': '0' } });
    await client.auth.me.query();
    assert.equal(callsOf('auth.me'), 4);
  });

  it('does not ask again what was refused', async () => {
    await assert.rejects(client.requests.get.query({ request_id: crypto.randomUUID() }));
    assert.equal(callsOf('requests.get'), 1);
  });

  it('does not wait for longer than a person would', async () => {
    proxy.fail('auth.me', { status: 429, headers: { 'Retry-After': '3600' } });
    await assert.rejects(client.auth.me.query(), (error) => statusOf(error) === 429);
    assert.equal(callsOf('auth.me'), 1);
  });

  it('waits for a session to be renewed where the service is busy just then', async () => {
    const { user } = await server.signUp();
    const credentials = { username: user.email, password: TEST_PASSWORD };
    const patient = createClient({ url: proxy.url, credentials });
    proxy.fail('auth.login', { status: 429, headers: { 'Retry-After': '0' } });
    await patient.requests.create.mutate({ title: 'Signs' });
    assert.deepEqual([callsOf('auth.login'), callsOf('requests.create')], [2, 1]);
  });

  it('has nobody wait who signs in', async () => {
    proxy.fail('auth.login', { status: 429, headers: { 'Retry-After': '30' } });
    const signingIn = client.auth.login.mutate({ username: 'ada', password: 'SecurePass123' });
    await assert.rejects(signingIn, (error) => statusOf(error) === 429);
  });

  it('makes a request once where the answer was lost after it was made', async () => {
    proxy.fail('requests.create', 'lost', 'lost');
    const { id } = await client.requests.create.mutate({ title: 'Lost' });
    assert.equal(callsOf('requests.create'), 3);
    const found = await client.requests.list.query({ q: 'Lost' });
    assert.deepEqual(
      found.map((request) => request.id),
      [id],
    );
  });

  it('waits for its first try to end where the connection broke while it was made', async () => {
    const brake = await server.db.transaction();
    await brake.raw('lock table requests in share mode');
    proxy.fail('requests.create', 'left');
    const creating = client.requests.create.mutate({ title: 'Slow' });
    while (callsOf('requests.create') < 2) await sleep(20);
    await brake.commit();
    const { id } = await creating;
    const found = await client.requests.list.query({ q: 'Slow' });
    assert.deepEqual(
      found.map((request) => request.id),
      [id],
    );
  });

  it('says that it made too many calls, in the service’s words', async () => {
    const limited = await startTestServer({ sharing: server, env: { RATE_LIMIT_PER_MINUTE: '1' } });
    const hasty = createClient({ url: limited.url, token: (await server.signUp()).token });
    const calls = [1, 2, 3].map(() => hasty.auth.me.query(undefined, { context: { longestWait: 0 } }));
    for (const call of await Promise.allSettled(calls)) {
      assert.equal(call.status, 'rejected');
      assert.equal(statusOf(call.reason), 429);
      assert.match((call.reason as Error).message, /calls/);
    }
    await limited.stop();
  });

  it('makes two requests of two calls, though they are alike', async () => {
    const twice = [1, 2].map(() => client.requests.create.mutate({ title: 'Twin' }));
    const ids = new Set((await Promise.all(twice)).map(({ id }) => id));
    assert.equal(ids.size, 2);
  });

  it('makes a change once that is made again by another process under the same key', async () => {
    const context = { idempotencyKey: crypto.randomUUID() };
    const { id } = await client.requests.create.mutate({ title: 'Kept' }, { context });
    const again = await client.requests.create.mutate({ title: 'Kept' }, { context });
    assert.equal(again.id, id);
  });

  it('registers nobody twice: a call in nobody’s name is not made again where its answer was lost', async () => {
    const stranger = createClient({ url: proxy.url });
    const user = { name: 'Ada', email: `${crypto.randomUUID()}@example.com`, password: 'correct horse battery' };
    proxy.fail('users.create', 'lost');
    await assert.rejects(stranger.users.create.mutate(user), (error) => statusOf(error) === null);
    assert.equal(callsOf('users.create'), 1);
  });

  it('makes a change again that was not made', async () => {
    proxy.fail('requests.create', busy);
    await client.requests.create.mutate({ title: 'Busy' });
    assert.equal(callsOf('requests.create'), 2);
  });

  for (const via of ['form', 'presigned'] as const) {
    it(`uploads every file once all the same (${via})`, async () => {
      proxy.fail(via === 'form' ? 'uploads.upload' : 'uploads.complete', 'reset', busy, 'lost');
      const { uploaded, skipped, errors } = await uploadFiles(client, requestId, files, { via });
      assert.deepEqual([uploaded + skipped, errors], [3, []]);
      assert.equal((await client.uploads.list.query({ request_id: requestId })).length, 3);
    });

    it(`tells how far each file is, and which were refused why (${via})`, async () => {
      const told = new Map<string, FileProgress[]>();
      const onFile = (file: FileProgress) => void told.set(file.filename, [...(told.get(file.filename) ?? []), file]);
      const sources = [
        ...files,
        new File(['hello'], 'notes.txt'),
        { name: 'gone.jpg', open: () => Promise.reject(Object.assign(new Error(), { code: 'ENOENT' })) },
      ];
      const outcome = await uploadFiles(client, requestId, sources, { via, onFile });
      assert.equal(outcome.uploaded, 3);
      assert.deepEqual(outcome.errors.map(({ filename }) => filename).sort(), ['gone.jpg', 'notes.txt']);
      const steps = told.get('1.jpg')!;
      assert.deepEqual([steps[0]!.sentBytes, steps.at(-1)!.sentBytes], [0, files[0]!.size]);
      assert.ok(steps.some(({ state, sentBytes }) => state === 'sending' && sentBytes === files[0]!.size));
      assert.equal(steps.at(-1)!.state, 'taken');
      for (const name of ['gone.jpg', 'notes.txt']) {
        const { state, message } = told.get(name)!.at(-1)!;
        assert.equal(state, 'refused');
        assert.match(message!, /\S/);
      }
    });
  }

  it('takes files of one name for different files', async () => {
    const same = await Promise.all(
      [7, 8].map(async (seed) => new File([await renderPicture({ seed, width: 64, height: 64 })], 'same.jpg')),
    );
    const told: FileProgress[] = [];
    const sources = [same[0]!, new File(['no'], 'same.jpg'), same[1]!];
    const { uploaded, errors } = await uploadFiles(client, requestId, sources, { onFile: (file) => told.push(file) });
    assert.deepEqual([uploaded, errors.length], [2, 1]);
    const ends = sources.map((source) => told.findLast((file) => file.source === source)!.state);
    assert.deepEqual(ends, ['taken', 'refused', 'taken']);
  });

  it('says which files a failed call leaves, and gives up the others', async () => {
    proxy.fail('uploads.upload', ...Array.from({ length: 3 }, () => ({ status: 500 })));
    const told: FileProgress[] = [];
    const uploading = uploadFiles(client, requestId, files, { filesPerCall: 1, onFile: (file) => told.push(file) });
    await assert.rejects(uploading, (error) => statusOf(error) === 500);
    assert.ok(told.some(({ state }) => state === 'failed'));
  });
});
