import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { DatasetRequest } from '../../models/dataset-request.js';
import { Image } from '../../models/image.js';
import { Task } from '../../models/task.js';
import { claimKey } from '../../src/features/idempotency/keys.js';
import { sealingKey } from '../../src/sealed-text.js';
import { saveLabels } from '../../src/features/tasks/labels.js';
import { Clinic } from '../images/clinic.js';
import { startTestServer, TEST_PASSWORD, type TestServer } from '../support/server.js';

const HOUR = 60 * 60 * 1000;
/** Longer than any token lives, and than a limit's window. */
const WAYS: [string, number][] = [
  ['30 days ahead', 30 * 24 * HOUR],
  ['30 days behind', -30 * 24 * HOUR],
];

describe('a process whose clock is wrong', () => {
  let server: TestServer;

  for (const [way, milliseconds] of WAYS) {
    describe(`by ${way}`, () => {
      const wrongly = <T>(act: () => Promise<T>) => withClock(milliseconds, act);
      beforeEach(async () => {
        server = await startTestServer({ env: { RATE_LIMIT_PER_MINUTE: '40' } });
      });
      afterEach(() => server.stop());

      it('takes the tokens of others, and others take its', async () => {
        const { user } = await server.signUp();
        const logIn = () =>
          server.api('POST', '/auth/login', { json: { username: user.email, password: TEST_PASSWORD } });
        const read = (token: unknown) => server.api('GET', '/requests', { token: token as string });
        const ours = (await logIn()).body;
        assert.equal((await wrongly(() => read(ours.access_token))).status, 200);
        const theirs = (await wrongly(logIn)).body;
        assert.equal((await read(theirs.access_token)).status, 200);
        for (const [refresh, by] of [
          [ours.refresh_token ?? ours.refresh, wrongly],
          [theirs.refresh_token ?? theirs.refresh, (act: () => Promise<unknown>) => act()],
        ] as const) {
          const call = () => server.api('POST', '/auth/refresh', { json: { refresh } });
          const { status, body } = (await by(call)) as Awaited<ReturnType<typeof call>>;
          assert.equal(status, 200, JSON.stringify(body));
        }
      });

      it('gives and takes personal access tokens and addresses for uploads that last as long as they should', async () => {
        const { token } = await server.signUp();
        const { body: request } = await server.api('POST', '/requests', { token, json: { title: 'Signs' } });
        const files = [{ filename: 'a.jpg', content_type: 'image/jpeg' }];
        await wrongly(() => server.api('POST', '/uploads/presign', { token, json: { request_id: request.id, files } }));
        const [slot] = await secondsLeft(server.db, 'presigned_uploads');
        assert.ok(slot! > 3500 && slot! <= 3600, String(slot));

        const json = { name: 'import', scope: 'write', expires_in_days: 7 };
        const made = await wrongly(() => server.api('POST', '/auth/tokens', { token, json }));
        assert.equal(made.status, 201, JSON.stringify(made.body));
        const [left] = await secondsLeft(server.db, 'personal_access_tokens');
        assert.ok(left! > 6.9 * 86_400 && left! <= 7.1 * 86_400, String(left));
      });

      it('holds an idempotent call that it is making, and no longer than others would', async () => {
        const { user } = await server.signUp();
        const call = { userId: user.id, key: 'once', fingerprint: Buffer.alloc(32) };
        const claim = await claimKey(server.db, call, sealingKey('secret', 'answers'));
        assert.ok('renew' in claim);
        await wrongly(() => claim.renew());
        const { rows } = await server.db.raw<{ rows: { seconds: number }[] }>(
          'select extract(epoch from leased_until - now())::float8 as seconds from idempotency_keys',
        );
        assert.ok(rows[0] && rows[0].seconds > 20 && rows[0].seconds <= 30, String(rows[0]?.seconds));
        await claim.release();
      });

      it('says of a label when it was changed as others would', async () => {
        const { user } = await server.signUp();
        const labeler = await server.signUp({ roles: ['LABELER'] });
        const { task, request, image } = await addTask(server.db, user.id, labeler.user.id);
        const save = (classes: string[]) =>
          saveLabels(server.db, { task, request, labelerId: labeler.user.id }, { imageId: image.id, classes });
        await save(['stop']);
        await wrongly(() => save(['yield']));
        const { rows } = await server.db.raw<{ rows: { seconds: number }[] }>(
          'select extract(epoch from now() - updated_at)::float8 as seconds from labels',
        );
        assert.ok(rows[0] && Math.abs(rows[0].seconds) < 60, String(rows[0]?.seconds));
      });

      it('lets the later classification of a nurse count, and says when it was given', async () => {
        const clinic = await Clinic.open();
        const nurse = await clinic.join();
        const [imageId = ''] = await nurse.have(1);
        await wrongly(() => nurse.classify(imageId, 'estagio1'));
        await nurse.classify(imageId, 'estagio2');
        await wrongly(() => nurse.classify(imageId, 'estagio3'));
        await nurse.classify(imageId, 'estagio4');
        type Listed = { stage: string; counts: boolean; created_at: string }[];
        const { body } = await nurse.call<Listed>('GET', `/classifications/?image_id=${imageId}`);
        assert.deepEqual(
          body.filter(({ counts }) => counts).map(({ stage }) => stage),
          ['estagio4'],
        );
        for (const { created_at: at } of body) assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000, at);
        await clinic.close();
      });

      it('tells the rate of a run as others would', async () => {
        const { token, user } = await server.signUp();
        const { body: request } = await server.api('POST', '/requests', { token, json: { title: 'Signs' } });
        const started = server.db.raw(`now() - interval '10 seconds'`);
        await server.db('qcRuns').insert({
          ...{ id: uuidv7(), requestId: request.id, startedBy: user.id, status: 'running', startedAt: started },
          ...{ imagesTotal: 200, imagesDone: 100 },
        });
        const status = () => server.api('GET', `/requests/${String(request.id)}/qc/status`, { token });
        const { body } = await wrongly(status);
        const rate = Number(body.images_per_second);
        assert.ok(rate > 1 && rate <= 10, String(rate));
      });

      it('neither ends nor prolongs a limit that all processes share', async () => {
        const call = () => server.api('GET', '/requests');
        for (let calls = 0; calls < 20; calls += 1) {
          await call();
          await wrongly(call);
        }
        for (const by of [wrongly, wrongly, <T>(act: () => Promise<T>) => act()]) {
          const { status, headers } = await by(call);
          assert.equal(status, 429);
          assert.ok(Number(headers.get('Retry-After')) <= 60, headers.get('Retry-After') ?? '');
        }
        await server.db('rateLimits').update({ expire: server.db.raw('expire - 60000') });
        const fresh = await startTestServer({ sharing: server, env: { RATE_LIMIT_PER_MINUTE: '40' } });
        assert.equal((await fresh.api('GET', '/requests')).status, 401);
        await fresh.stop();
      });
    });
  }

  it('still refuses a token whose time is over', async () => {
    server = await startTestServer();
    const { user } = await server.signUp();
    const { id: sessionId } = (await server.db('sessions').where({ userId: user.id }).first()) as { id: string };
    const { tokens } = server.services;
    const token = await tokens.signAccessToken({ userId: user.id, sessionId, now: new Date(Date.now() - 16 * 60_000) });
    assert.equal((await server.api('GET', '/requests', { token })).status, 401);
    await server.stop();
  });
});

/** As if this process's clock were off by so much meanwhile; the database's is not. */
async function withClock<T>(milliseconds: number, act: () => Promise<T>): Promise<T> {
  const { Date: RealDate } = globalThis;
  globalThis.Date = class extends RealDate {
    constructor(...parameters: [] | [string]) {
      if (parameters.length === 0) super(RealDate.now() + milliseconds);
      else super(...parameters);
    }

    static override now(): number {
      return RealDate.now() + milliseconds;
    }
  } as DateConstructor;
  try {
    return await act();
  } finally {
    globalThis.Date = RealDate;
  }
}

async function addTask(db: Knex, ownerId: string, labelerId: string) {
  const [requestId, batchId, id] = [uuidv7(), uuidv7(), uuidv7()];
  const request = await DatasetRequest.query(db).insertAndFetch({
    ...{ id: requestId, ownerId, title: 'Signs', description: '', classes: ['stop', 'yield'] },
  });
  await db('uploadBatches').insert({ id: batchId, requestId, ownerId });
  const image = await Image.query(db).insertAndFetch({
    ...{ id, requestId, batchId, ownerId, storageKey: `images/${id}`, filename: 'a.jpg', etag: '"a"', bytes: 1 },
    ...{ contentType: 'image/jpeg', width: 1, height: 1, sha256: Buffer.alloc(32, 1) },
  });
  const task = await Task.query(db).insertAndFetch({ id: uuidv7(), requestId, labelerId, assignedBy: ownerId });
  return { task, request, image };
}

async function secondsLeft(db: Knex, table: string): Promise<number[]> {
  const { rows } = await db.raw<{ rows: { seconds: number }[] }>(
    `select extract(epoch from expires_at - now())::float8 as seconds from ?? order by created_at desc`,
    [table],
  );
  return rows.map(({ seconds }) => seconds);
}
