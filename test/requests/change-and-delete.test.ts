import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { DatasetRequest } from '../../models/dataset-request.js';
import { GoldAnswer } from '../../models/gold-answer.js';
import { Image } from '../../models/image.js';
import { Label } from '../../models/label.js';
import { QcResult } from '../../models/qc-result.js';
import { QcRun } from '../../models/qc-run.js';
import { Task, type TaskStatus } from '../../models/task.js';
import { clearRequests } from '../../src/features/requests/clear-requests.js';
import { setGold } from '../../src/features/tasks/gold.js';
import { saveLabels } from '../../src/features/tasks/labels.js';
import { renderPicture } from '../support/pictures.js';
import { startTestServer, type TestServer, type TestUser } from '../support/server.js';

describe('a request that is there', () => {
  let server: TestServer;
  let token: string;
  let user: TestUser;
  let admin: { token: string; user: TestUser };
  before(async () => {
    server = await startTestServer();
    admin = await server.signUp({ roles: ['ADMIN'] });
  });
  after(() => server.stop());
  beforeEach(async () => {
    ({ token, user } = await server.signUp({ roles: ['CUSTOMER'] }));
  });

  const call = (method: string, path: string, json?: unknown, as = token) =>
    server.api(method, path, { token: as, json });
  const order = async () => {
    const json = { title: 'Signs', description: null, classes: ['stop', 'yield'] };
    const { status, body } = await call('POST', '/requests', json);
    assert.equal(status, 201);
    return String(body.id);
  };
  const upload = async (id: string, ...seeds: number[]) => {
    const form = new FormData();
    for (const seed of seeds) {
      const picture = await renderPicture({ seed, width: 64, height: 64 });
      form.append('files', new File([new Uint8Array(picture)], `${seed}.jpg`));
    }
    const { body } = await server.api('POST', `/requests/${id}/uploads`, { token, form });
    assert.equal(body.uploaded, seeds.length);
    return Image.query(server.db).where({ requestId: id }).orderBy('id');
  };
  const task = async (requestId: string, status: TaskStatus) => {
    const id = uuidv7();
    await Task.query(server.db).insert({ id, requestId, labelerId: user.id, assignedBy: admin.user.id, status });
    return id;
  };
  const audited = async (targetId: string) => {
    const { body } = await server.api<{ action: string; details: Record<string, unknown> }[]>(
      'GET',
      `/admin/audit?target_id=${targetId}`,
      { token: admin.token },
    );
    return body.map(({ action, details }) => ({ action, details }));
  };

  describe('is changed', () => {
    it('in what is given, and the change is on record', async () => {
      const id = await order();
      const renamed = await call('PATCH', `/requests/${id}`, { title: ' Road signs ' });
      assert.deepEqual(
        [renamed.status, renamed.body.title, renamed.body.classes],
        [200, 'Road signs', ['stop', 'yield']],
      );
      const { body } = await call('PATCH', `/requests/${id}`, {
        description: 'In rain',
        classes: ['yield', 'no entry'],
      });
      assert.deepEqual([body.title, body.description, body.classes], ['Road signs', 'In rain', ['yield', 'no entry']]);
      assert.equal((await call('PATCH', `/requests/${id}`, { description: null })).body.description, '');
      assert.deepEqual(
        (await audited(id)).map(({ action }) => action),
        Array<string>(3).fill('request.updated'),
      );
      assert.deepEqual((await audited(id))[2]?.details, { before: { title: 'Signs' }, after: { title: 'Road signs' } });
    });

    it('not to what could not be ordered', async () => {
      const id = await order();
      for (const json of [{ title: ' ' }, { classes: ['stop', 'stop'] }, { classes: null }, { description: 7 }]) {
        const { status, body } = await call('PATCH', `/requests/${id}`, json);
        assert.deepEqual([status, Object.keys(body.errors as object)], [400, Object.keys(json)]);
      }
    });

    it('but keeps the classes that labels and known answers use, and says which', async () => {
      const id = await order();
      const [first, second] = await upload(id, 1, 2);
      const taskId = await task(id, 'in_progress');
      const label = { id: uuidv7(), taskId, labelerId: user.id, imageId: first?.id, classes: ['stop'] };
      await Label.query(server.db).insert(label);
      const refused = await call('PATCH', `/requests/${id}`, { classes: ['yield', 'halt'] });
      assert.equal(refused.status, 409);
      assert.match(String(refused.body.message), /Labels use stop already/);
      assert.deepEqual(Object.keys(refused.body.errors as object), ['classes']);
      assert.equal((await call('PATCH', `/requests/${id}`, { classes: ['halt', 'stop'] })).status, 200);

      const answer = { imageId: second?.id, requestId: id, classes: ['halt'], answeredBy: admin.user.id };
      await GoldAnswer.query(server.db).insert(answer);
      assert.match(String((await call('PATCH', `/requests/${id}`, { classes: [] })).body.message), /halt, stop/);
    });

    it('and a class that was taken away is no label any more', async () => {
      const id = await order();
      const [image] = await upload(id, 1);
      const labels = `/tasks/${await task(id, 'assigned')}/labels`;
      assert.equal((await call('PATCH', `/requests/${id}`, { classes: ['stop'] })).status, 200);
      const refused = await call('POST', labels, { image_id: image?.id, labels: ['yield'] }, admin.token);
      assert.deepEqual([refused.status, Object.keys(refused.body.errors as object)], [400, ['labels']]);
    });
  });

  describe('is deleted', () => {
    const clear = (requestId?: string, shutdown = AbortSignal.timeout(60_000)) =>
      clearRequests(server.db, requestId === undefined ? {} : { requestId }, { shutdown });
    const jobs = async (name: string) => {
      const { rows } = await server.db.raw<{ rows: { payload: { keys: string[]; requestId: string } }[] }>(
        `select payload from graphile_worker._private_jobs job
         join graphile_worker._private_tasks task on task.id = job.task_id where task.identifier = ? order by job.id`,
        [name],
      );
      return rows.map(({ payload }) => payload);
    };

    it('with its tasks and exports from one call to the next, and is on record', async () => {
      const id = await order();
      await upload(id, 1);
      const taskId = await task(id, 'assigned');
      const { body } = await call('POST', `/requests/${id}/exports`, { format: 'csv' });
      assert.deepEqual((await call('DELETE', `/requests/${id}`)).body, { status: 'deleted', request_id: id });
      const gone = [`/requests/${id}`, `/requests/${id}/uploads`, `/requests/${id}/qc/status`, `/tasks/${taskId}`];
      for (const path of [...gone, `/exports/${String(body.id)}`]) {
        assert.equal((await call('GET', path, undefined, admin.token)).status, 404, path);
      }
      for (const path of ['/requests', '/admin/requests', '/admin/tasks']) {
        const list = (await call('GET', path, undefined, admin.token)).body as unknown as { id: string }[];
        assert.ok(!list.some((row) => [id, taskId].includes(row.id)), path);
      }
      assert.equal((await call('DELETE', `/requests/${id}`)).status, 404);
      assert.equal((await call('POST', `/requests/${id}/qc/run`)).status, 404);
      const details = { owner_id: user.id, title: 'Signs', images: 1 };
      assert.deepEqual(await audited(id), [{ action: 'request.deleted', details }]);
    });

    it('with its pictures, whose addresses show nothing before they themselves are deleted', async () => {
      const id = await order();
      const [image] = await upload(id, 1);
      const { pictureUrls } = server.services;
      const addresses = [pictureUrls.original(image!), pictureUrls.preview(image!)!, pictureUrls.heatMap(image!)];
      const [original] = addresses;
      assert.equal((await fetch(original!)).status, 200);
      await call('DELETE', `/requests/${id}`);
      assert.equal((await Image.query(server.db).where({ requestId: id })).length, 1);
      for (const address of addresses) assert.equal((await fetch(address)).status, 404, address);
    });

    it('under the hands of whoever labels it or sets its known answers', async () => {
      const id = await order();
      const [image] = await upload(id, 1);
      const taskId = await task(id, 'in_progress');
      const { db } = server;
      const request = await DatasetRequest.query(db).findById(id).throwIfNotFound();
      const found = { task: await Task.query(db).findById(taskId).throwIfNotFound(), request, labelerId: user.id };
      const answer = { imageId: image?.id ?? '', classes: ['stop'] };
      const attempts = [
        () => saveLabels(db, found, answer),
        () => setGold(db, { id: user.id, roles: [], organizationId: null }, request, [answer]),
      ];
      await call('DELETE', `/requests/${id}`, undefined, admin.token);
      for (const attempt of attempts) await assert.rejects(attempt, { kind: 'not_found' });
      await clearRequests(db, { requestId: id }, { shutdown: new AbortController().signal });
      for (const attempt of attempts) await assert.rejects(attempt, { kind: 'not_found' });
    });

    it('row by row and file by file, which leaves the same picture of another request alone', async () => {
      const [id, other] = [await order(), await order()];
      const images = await upload(id, 1, 2);
      const [kept] = await upload(other, 1);
      await server
        .db('images')
        .whereIn(
          'id',
          images.map((image) => image.id),
        )
        .update({ thumbnailKey: null });
      await call('DELETE', `/requests/${id}`);
      await clear(id);
      assert.equal(await DatasetRequest.query(server.db).findById(id), undefined);
      assert.equal(await Image.query(server.db).where({ requestId: id }).resultSize(), 0);
      const keys = (await jobs('deleteObjects')).flatMap((payload) => payload.keys);
      for (const { storageKey } of images) assert.ok(keys.includes(storageKey));
      assert.ok(!keys.includes(kept?.storageKey ?? ''));
      assert.equal((await call('GET', `/requests/${other}/uploads`)).status, 200);
    });

    it('and what had matched its pictures matches them no longer', async () => {
      const [id, other] = [await order(), await order()];
      const [gone] = await upload(id, 1);
      const [left] = await upload(other, 1);
      const runId = uuidv7();
      await QcRun.query(server.db).insert({ id: runId, requestId: other, startedBy: user.id, status: 'completed' });
      await QcResult.query(server.db).insert({
        imageId: left?.id,
        requestId: other,
        runId,
        duplicateScore: 1,
        matchRelation: 'exact',
        matchedImageId: gone?.id,
        aiGeneratedScore: 0,
        findings: [],
        analyserVersion: 'test',
      });
      await call('DELETE', `/requests/${id}`);
      await clear(id);
      const result = await QcResult.query(server.db).findById(left?.id ?? '');
      assert.deepEqual([result?.duplicateScore, result?.matchRelation, result?.matchedImageId], [0, null, null]);
    });

    it('in steps: a process that is to stop leaves the rest to the next', async () => {
      const id = await order();
      const [image] = await upload(id, 1);
      const copies = Array.from({ length: 450 }, (_, index) => ({
        ...image?.$toJson(),
        id: uuidv7(),
        storageKey: `images/${id}/${index}`,
        sha256: randomBytes(32),
      }));
      await server.db('images').insert(copies);
      await call('DELETE', `/requests/${id}`);
      await clear(id, AbortSignal.abort());
      assert.equal(await Image.query(server.db).where({ requestId: id }).resultSize(), 451);
      assert.ok((await jobs('clearRequests')).some(({ requestId }) => requestId === id));
      await clear(id);
      assert.equal(await DatasetRequest.query(server.db).findById(id), undefined);
    });

    it('even if its job is lost', async () => {
      const id = await order();
      await call('DELETE', `/requests/${id}`);
      await server.db.raw('delete from graphile_worker._private_jobs');
      await clear();
      assert.deepEqual(await jobs('clearRequests'), []);
      await server
        .db('requests')
        .where({ id })
        .update({ deletedAt: new Date(Date.now() - 2 * 60 * 60 * 1000) });
      await clear();
      assert.deepEqual(
        (await jobs('clearRequests')).map(({ requestId }) => requestId),
        [id],
      );
    });

    it('by its owner until a labeler has begun with it, by an administrator at any time', async () => {
      const id = await order();
      await task(id, 'done');
      const refused = await call('DELETE', `/requests/${id}`);
      assert.equal(refused.status, 409);
      assert.match(String(refused.body.message), /administrator/);
      assert.equal((await call('DELETE', `/requests/${id}`, undefined, admin.token)).status, 200);
    });

    it('once no quality control of it is running', async () => {
      const id = await order();
      await upload(id, 1);
      await call('POST', `/requests/${id}/qc/run`);
      const refused = await call('DELETE', `/requests/${id}`, undefined, admin.token);
      assert.equal(refused.status, 409);
      assert.match(String(refused.body.message), /cancel it/);
      await call('POST', `/requests/${id}/qc/cancel`);
      assert.equal((await call('DELETE', `/requests/${id}`)).status, 200);
    });

    it('for good, however many pictures arrive at the same time', async () => {
      const id = await order();
      const form = () => {
        const data = new FormData();
        data.append('files', new File([new Uint8Array(picture)], 'a.jpg'));
        return data;
      };
      const picture = await renderPicture({ seed: 9, width: 64, height: 64 });
      const answers = await Promise.all([
        server.api('POST', `/requests/${id}/uploads`, { token, form: form() }),
        call('DELETE', `/requests/${id}`),
      ]);
      assert.ok([200, 404].includes(answers[0].status));
      assert.equal(answers[1].status, 200);
      await clear(id);
      assert.equal(await DatasetRequest.query(server.db).findById(id), undefined);
      assert.equal(await Image.query(server.db).where({ requestId: id }).resultSize(), 0);
    });
  });
});
