import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { v7 as uuidv7 } from 'uuid';
import { DatasetRequest } from '../../models/dataset-request.js';
import { IdempotencyKey } from '../../models/idempotency-key.js';
import { sweepIdempotencyKeys } from '../../src/features/idempotency/keys.js';
import { renderPicture } from '../support/pictures.js';
import { untilWaiting } from '../support/locks.js';
import { until } from '../support/processes.js';
import { startTestServer, type TestServer } from '../support/server.js';

describe('a POST with an Idempotency-Key', () => {
  let server: TestServer;
  let other: TestServer;
  let token: string;
  let userId: string;
  let key: string;
  before(async () => {
    server = await startTestServer();
    other = await startTestServer({ sharing: server });
  });
  after(async () => {
    await other.stop();
    await server.stop();
  });
  beforeEach(async () => {
    const { token: his, user } = await server.signUp();
    [token, userId, key] = [his, user.id, uuidv7()];
    // His first call is noted in his row, which tests below lock.
    await server.api('GET', '/requests', { token });
  });

  const order = (title = 'Signs', at = server, headers: Record<string, string> = {}) =>
    at.api('POST', '/requests', { token, json: { title }, headers: { 'Idempotency-Key': key, ...headers } });
  const viaTrpc = (title = 'Signs', at = server) =>
    at.api<{ result: { data: { id: string } } }>('POST', '/trpc/requests.create', {
      token,
      json: { title },
      headers: { 'Idempotency-Key': key },
    });
  const made = () => DatasetRequest.query(server.db).where({ ownerId: userId }).resultSize();

  it('is made once, and answered alike by any process', async () => {
    const first = await order();
    const again = await order('Signs', other);
    assert.deepEqual([first.status, again.status], [201, 201]);
    assert.deepEqual(again.body, first.body);
    assert.equal(first.headers.get('Idempotent-Replayed'), null);
    assert.equal(again.headers.get('Idempotent-Replayed'), 'true');
    assert.equal(await made(), 1);
  });

  it('is made once by typed clients, too', async () => {
    const first = await viaTrpc();
    const again = await viaTrpc('Signs', other);
    assert.equal(first.status, 200);
    assert.ok(first.body.result.data.id);
    assert.deepEqual(again.body, first.body);
    assert.equal(await made(), 1);
  });

  it('is refused while the first is under way, and made once of many at once', async () => {
    const calls = await server.db.transaction(async (trx) => {
      await trx('users').where({ id: userId }).forNoKeyUpdate();
      const begun = [order(), order('Signs', other), order(), viaTrpc()];
      await untilWaiting(server.db, 1);
      const refused = await Promise.race(begun);
      assert.equal([409, 422].includes(refused.status), true);
      return { begun };
    });
    const statuses = (await Promise.all(calls.begun)).map(({ status }) => status);
    assert.equal(statuses.filter((status) => status < 300).length, 1, statuses.join());
    assert.equal(await made(), 1);
    const again = [await order(), await viaTrpc()].map(({ headers }) => headers.get('Idempotent-Replayed'));
    assert.ok(again.includes('true'));
    assert.equal(await made(), 1);
  });

  it('is refused where the key was another call’s, and does not touch other users’', async () => {
    await order('Signs');
    const { status, body } = await order('Lights');
    assert.equal(status, 422);
    assert.deepEqual([body.code, Object.keys(body.errors as object)], ['mismatch', ['Idempotency-Key']]);
    assert.equal((await viaTrpc()).status, 422);
    token = (await server.signUp()).token;
    assert.equal((await order('Lights')).status, 201);
  });

  it('keeps a refusal of the input, and nothing that another try may better', async () => {
    const refused = await order('');
    assert.deepEqual([refused.status, (await order('')).headers.get('Idempotent-Replayed')], [400, 'true']);
    key = uuidv7();
    const { body } = await order();
    key = uuidv7();
    const run = () =>
      server.api('POST', `/requests/${String(body.id)}/qc/run`, { token, headers: { 'Idempotency-Key': key } });
    assert.equal((await run()).status, 200);
    key = uuidv7();
    assert.equal((await run()).status, 409);
    await server
      .db('qc_runs')
      .where({ requestId: String(body.id) })
      .update({ status: 'completed' });
    assert.equal((await run()).status, 200);
  });

  it('is made anew when the process at work on it died, not before', async () => {
    await order();
    const row = { userId, key };
    await IdempotencyKey.query(server.db).where(row).patch({ status: null, sealedBody: null });
    assert.equal((await order()).status, 409);
    await IdempotencyKey.query(server.db)
      .where(row)
      .patch({ leasedUntil: new Date(Date.now() - 1000) });
    assert.equal((await order()).status, 201);
    assert.equal(await made(), 2);
  });

  it('is kept though the caller did not wait for the answer', async () => {
    for (const path of ['/requests', '/trpc/requests.create']) {
      key = uuidv7();
      const before = await made();
      await server.db.transaction(async (trx) => {
        await trx('users').where({ id: userId }).forNoKeyUpdate();
        const headers = {
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/json',
          'Idempotency-Key': key,
        };
        const call = httpRequest(server.url + path, { method: 'POST', headers });
        call.on('error', () => undefined);
        call.end('{"title":"Signs"}');
        await untilWaiting(server.db, 1);
        call.destroy();
      });
      const again = await until('the answer is kept', async () => {
        const answer = path.startsWith('/trpc') ? await viaTrpc() : await order();
        return answer.status !== 409 && answer;
      });
      assert.equal(again.headers.get('Idempotent-Replayed'), 'true', path);
      assert.ok(JSON.stringify(again.body).includes('"title":"Signs"'));
      assert.equal(await made(), before + 1);
    }
  });

  it('uploads once', async () => {
    const { body } = await server.api('POST', '/requests', { token, json: { title: 'Signs' } });
    const picture = await renderPicture({ seed: 1, width: 64, height: 64 });
    const upload = (copies: number) => {
      const form = new FormData();
      for (let copy = 0; copy < copies; copy += 1)
        form.append('files', new File([new Uint8Array(picture)], `${copy}.jpg`));
      return server.api('POST', `/requests/${String(body.id)}/uploads`, {
        token,
        form,
        headers: { 'Idempotency-Key': key },
      });
    };
    const first = await upload(1);
    const again = await upload(1);
    assert.deepEqual([again.status, again.body], [200, first.body]);
    assert.equal((await upload(2)).status, 422);
  });

  it('keeps no secret in the clear, and shows none to a token of lesser rights', async () => {
    const headers = { 'Idempotency-Key': key };
    const json = { name: 'import', scope: 'read' };
    const { body } = await server.api('POST', '/auth/tokens', { token, json, headers });
    const [row] = await IdempotencyKey.query(server.db).where({ userId, key });
    assert.ok(!row?.sealedBody?.toString('latin1').includes('assay_pat_'));
    const lesser = await server.api('POST', '/auth/tokens', { token: String(body.token), json, headers });
    assert.equal(lesser.status, 422);
  });

  it('must bear a key that can be one', async () => {
    key = 'x'.repeat(256);
    assert.equal((await order()).status, 400);
    key = 'with space';
    assert.equal((await order()).status, 400);
  });

  it('is remembered for a day', async () => {
    await order();
    await server
      .db('idempotency_keys')
      .where({ userId })
      .update({ createdAt: new Date(Date.now() - 25 * 3600_000) });
    assert.equal((await order()).headers.get('Idempotent-Replayed'), null);
    await server
      .db('idempotency_keys')
      .where({ userId })
      .update({ createdAt: new Date(Date.now() - 25 * 3600_000) });
    await server.db.raw(
      `insert into idempotency_keys (user_id, key, fingerprint, holder, leased_until, created_at)
       select ?, 'many ' || n, sha256('x'), gen_random_uuid(), now(), now() - interval '2 days' from generate_series(1, 10001) n`,
      [userId],
    );
    await sweepIdempotencyKeys(server.db);
    assert.equal(await IdempotencyKey.query(server.db).where({ userId }).resultSize(), 0);
  });
});
