import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import { renderPicture } from '../support/pictures.js';
import { startTestServer, type TestServer } from '../support/server.js';

type Person = Awaited<ReturnType<TestServer['signUp']>>;

interface TaskDetails {
  status: string;
  images: { image_id: string; url: string; labels: string[] }[];
}

describe('tasks', () => {
  let server: TestServer;
  let admin: Person;
  let customer: Person;
  let labeler: Person;
  let requestId: string;

  before(async () => {
    server = await startTestServer();
    admin = await server.signUp({ roles: ['ADMIN'] });
  });
  after(() => server.stop());

  beforeEach(async () => {
    customer = await server.signUp();
    labeler = await server.signUp({ roles: ['LABELER'] });
    const json = { title: 'Signs', classes: ['stop', 'yield'] };
    requestId = (await server.api('POST', '/requests', { token: customer.token, json })).body.id as string;
    await uploadPictures(2);
  });

  async function uploadPictures(count: number): Promise<void> {
    const form = new FormData();
    for (let seed = 0; seed < count; seed += 1) {
      form.append(
        'files',
        new File([new Uint8Array(await renderPicture({ seed, width: 64, height: 64 }))], `${seed}.jpg`),
      );
    }
    await server.api('POST', `/requests/${requestId}/uploads`, { token: customer.token, form });
  }

  const assign = (who = labeler, id = requestId) =>
    server.api('POST', '/admin/assign', {
      token: admin.token,
      json: { request_id: id, labeler_username: who.user.username },
    });

  const assigned = async (who = labeler) => (await assign(who)).body.task_id as string;

  const details = (taskId: string, who = labeler) =>
    server.api<TaskDetails>('GET', `/tasks/${taskId}`, { token: who.token });

  const label = (taskId: string, imageId: string, labels: unknown, who = labeler) =>
    server.api('POST', `/tasks/${taskId}/labels`, { token: who.token, json: { image_id: imageId, labels } });

  const progress = async (taskId: string) =>
    (await server.api('GET', `/tasks/${taskId}/progress`, { token: labeler.token })).body.labeled_images;

  const requestStatus = async () =>
    (await server.api('GET', `/requests/${requestId}`, { token: customer.token })).body.status;

  const complete = (taskId: string, who = labeler) =>
    server.api('POST', `/tasks/${taskId}/complete`, { token: who.token });

  describe('are assigned', () => {
    it('to a labeler, which puts the request in progress', async () => {
      const { status, body } = await assign();
      assert.deepEqual([status, body.status], [200, 'assigned']);
      assert.equal(await requestStatus(), 'in_progress');
    });

    it('once to the same labeler, also by calls at the same moment', async () => {
      const answers = await Promise.all(Array.from({ length: 5 }, () => assign()));
      assert.equal(new Set(answers.map(({ body }) => body.task_id)).size, 1);
      assert.ok(answers.every(({ status }) => status === 200));
    });

    it('anew once the labeler has handed the first one in', async () => {
      const first = await assigned();
      await complete(first);
      assert.notEqual(await assigned(), first);
      assert.equal(await requestStatus(), 'in_progress');
    });

    it('to nobody who does not label or is not there', async () => {
      const gone = await server.signUp({ roles: ['LABELER'], isActive: false });
      const nobody = { ...labeler, user: { ...labeler.user, username: 'nobody' } };
      for (const who of [customer, gone, nobody]) {
        const { status, body } = await assign(who);
        assert.equal(status, 400);
        assert.deepEqual(Object.keys(body.errors as object), ['labeler_username']);
      }
    });

    it('not for a request that is not there', async () => {
      assert.equal((await assign(labeler, uuidv7())).status, 404);
    });
  });

  describe('take labels', () => {
    it('that replace those saved before; an empty list clears them', async () => {
      const taskId = await assigned();
      const { images } = (await details(taskId)).body;
      const imageId = images[0]?.image_id ?? '';
      const saved = async () => (await details(taskId)).body.images[0]?.labels;

      await label(taskId, imageId, ['stop', 'yield', 'stop']);
      assert.deepEqual(await saved(), ['stop', 'yield']);
      await label(taskId, imageId, ['yield']);
      assert.deepEqual(await saved(), ['yield']);
      assert.equal(await progress(taskId), 1);
      await label(taskId, imageId, []);
      assert.deepEqual(await saved(), []);
      assert.equal(await progress(taskId), 0);
    });

    it('the first of which puts the task in progress', async () => {
      const taskId = await assigned();
      const before = (await details(taskId)).body;
      assert.equal(before.status, 'assigned');
      await label(taskId, before.images[0]?.image_id ?? '', ['stop']);
      assert.equal((await details(taskId)).body.status, 'in_progress');
    });

    it('of the request’s classes only, on its images only', async () => {
      const taskId = await assigned();
      const { images } = (await details(taskId)).body;
      const imageId = images[0]?.image_id ?? '';
      const unknown = await label(taskId, imageId, ['stop', 'tree']);
      assert.equal(unknown.status, 400);
      assert.deepEqual(Object.keys(unknown.body.errors as object), ['labels']);
      for (const labels of ['stop', [1], null, undefined]) {
        assert.equal((await label(taskId, imageId, labels)).status, 400);
      }
      assert.equal((await label(taskId, uuidv7(), ['stop'])).status, 404);
      assert.equal(await progress(taskId), 0);
    });

    it('from two calls at once without losing the row', async () => {
      const taskId = await assigned();
      const imageId = (await details(taskId)).body.images[0]?.image_id ?? '';
      const answers = await Promise.all(
        ['stop', 'yield', 'stop', 'yield'].map((name) => label(taskId, imageId, [name])),
      );
      assert.ok(answers.every(({ status }) => status === 200));
      assert.equal(await progress(taskId), 1);
    });

    it('apart for each labeler’s task', async () => {
      const colleague = await server.signUp({ roles: ['LABELER'] });
      const [mine, his] = [await assigned(), await assigned(colleague)];
      const imageId = (await details(mine)).body.images[0]?.image_id ?? '';
      await label(mine, imageId, ['stop']);
      assert.deepEqual((await details(his, colleague)).body.images[0]?.labels, []);
      assert.equal((await label(his, imageId, ['yield'])).status, 404, 'a task of another labeler');
    });
  });

  it('answer neither labels nor assignments with 500 while pictures are deleted and tasks handed in', async () => {
    const taskId = await assigned();
    const { images } = (await details(taskId)).body;
    const deletions = images.map(({ image_id }) =>
      server.api('DELETE', `/requests/${requestId}/uploads/${image_id}`, { token: customer.token }),
    );
    const labels = images.flatMap(({ image_id }) =>
      Array.from({ length: 10 }, () => label(taskId, image_id, ['stop'])),
    );
    for (const { status } of await Promise.all([...labels, ...deletions])) assert.ok([200, 404].includes(status));

    const storm = Array.from({ length: 20 }, (_, index) => (index % 2 ? assign() : complete(taskId)));
    for (const { status } of await Promise.all(storm)) assert.equal(status, 200);
  });

  describe('end', () => {
    it('when handed in, twice the same as once, and take no labels after', async () => {
      const taskId = await assigned();
      const imageId = (await details(taskId)).body.images[0]?.image_id ?? '';
      for (let times = 0; times < 2; times += 1) {
        assert.deepEqual((await complete(taskId)).body, { status: 'ok', task_id: taskId });
      }
      assert.equal((await label(taskId, imageId, ['stop'])).status, 409);
    });

    it('the request with the last of them, even when two are handed in at once', async () => {
      const colleague = await server.signUp({ roles: ['LABELER'] });
      const [mine, his] = [await assigned(), await assigned(colleague)];
      await Promise.all([complete(mine), complete(his, colleague)]);
      assert.equal(await requestStatus(), 'completed');
    });

    it('the request no sooner than the last', async () => {
      const colleague = await server.signUp({ roles: ['LABELER'] });
      await assigned(colleague);
      await complete(await assigned());
      assert.equal(await requestStatus(), 'in_progress');
    });
  });

  it('are listed with what a labeler needs to choose one', async () => {
    const taskId = await assigned();
    const { body, headers } = await server.api<Record<string, unknown>[]>('GET', '/tasks', { token: labeler.token });
    const { created_at, ...row } = body[0] ?? {};
    assert.ok(!Number.isNaN(Date.parse(String(created_at))));
    assert.deepEqual(row, {
      id: taskId,
      request_id: requestId,
      title: 'Signs',
      request_title: 'Signs',
      status: 'assigned',
      review_status: null,
      images_count: 2,
      labeler_username: labeler.user.username,
    });
    assert.equal(headers.get('X-Total-Count'), '1');
    const of = async (query: string) =>
      (await server.api<unknown[]>('GET', `/tasks${query}`, { token: labeler.token })).body.length;
    assert.equal(await of('?status=done'), 0);
    assert.equal(await of(`?request_id=${requestId}`), 1);
    assert.equal(await of(`?request_id=${uuidv7()}`), 0);
  });

  it('page their images', async () => {
    const taskId = await assigned();
    const first = await server.api<TaskDetails>('GET', `/tasks/${taskId}?limit=1`, { token: labeler.token });
    assert.equal(first.headers.get('X-Total-Count'), '2');
    const next = /<([^>]+)>/.exec(first.headers.get('Link') ?? '')?.[1]?.replace(server.url, '') ?? '';
    const second = await server.api<TaskDetails>('GET', next, { token: labeler.token });
    const ids = [...first.body.images, ...second.body.images].map(({ image_id }) => image_id);
    assert.equal(new Set(ids).size, 2);
    assert.equal(second.headers.get('Link'), null);
  });

  it('that are not there, or have no possible id, answer 404', async () => {
    for (const id of [uuidv7(), 'none', '%20']) {
      assert.equal((await server.api('GET', `/tasks/${id}`, { token: labeler.token })).status, 404, id);
    }
    assert.equal((await server.api('GET', '/tasks/%00', { token: labeler.token })).status, 400);
  });
});
