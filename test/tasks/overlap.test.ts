import assert from 'node:assert/strict';
import { Image } from '../../models/image.js';
import { dealUploaded } from '../../src/features/tasks/deal-images.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { fileOf, formOf, small } from '../uploads/uploader.js';
import { Labelling, type Person } from './labelling.js';

describe('tasks that share the images of a request', () => {
  let server: TestServer;
  let labelling: Labelling;
  let people: Person[];
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  beforeEach(async () => {
    labelling = await Labelling.start(server, 30);
    people = await labelling.labelers(3);
  });

  const spread = async () => new Set((await labelling.hands()).values());
  const counts = (tasks: readonly { images_count: number }[]) => tasks.map((task) => task.images_count).sort();

  it('give every image as many labelers as the overlap says, and every labeler as much to do', async () => {
    const { status, body } = await labelling.distribute(2, people);
    assert.equal(status, 200);
    assert.deepEqual(counts(body.tasks), [20, 20, 20]);
    assert.deepEqual(await spread(), new Set([2]));
    assert.equal((await labelling.hands()).size, 30);
  });

  it('show and count only what was dealt to them, and take labels for nothing else', async () => {
    const { tasks } = (await labelling.distribute(1, people)).body;
    const [first] = people as [Person];
    const mine = tasks.find((task) => task.labeler_username === first.user.username)?.task_id ?? '';
    const { images } = await labelling.details(mine, first);
    assert.equal(images.length, 10);
    const list = await labelling.server.api<{ images_count: number }[]>('GET', '/tasks', { token: first.token });
    assert.deepEqual(counts(list.body), [10]);
    const foreign = (await labelling.images()).find(({ id }) => !images.some(({ image_id }) => image_id === id));
    assert.equal((await labelling.label(mine, foreign?.id, ['stop'], first)).status, 404);
    assert.equal((await labelling.label(mine, images[0]?.image_id, ['stop'], first)).status, 200);
    const progress = await labelling.server.api('GET', `/tasks/${mine}/progress`, { token: first.token });
    assert.deepEqual([progress.body.total_images, progress.body.labeled_images], [10, 1]);
  });

  it('are dealt anew when somebody joins, and nobody loses what he has labelled', async () => {
    const [first, second, third] = people as [Person, Person, Person];
    const { tasks } = (await labelling.distribute(1, [first, second])).body;
    const mine = tasks.find((task) => task.labeler_username === first.user.username)?.task_id ?? '';
    const { images } = await labelling.details(mine, first);
    const labelled = images.slice(0, 12);
    for (const { image_id: id } of labelled) await labelling.label(mine, id, ['stop'], first);
    await labelling.assign(third);
    const kept = (await labelling.details(mine, first)).images.filter(({ labels }) => labels.length > 0);
    assert.deepEqual(
      kept.map(({ image_id: id }) => id),
      labelled.map(({ image_id: id }) => id),
    );
    const { body } = await labelling.distribute(1);
    assert.deepEqual(counts(body.tasks), [18, 6, 6].sort());
    assert.deepEqual(await spread(), new Set([1]));
  });

  it('get images that are uploaded later, and those brought back after they were rejected', async () => {
    await labelling.distribute(2, people);
    const { requestId, customer } = labelling;
    const form = formOf(fileOf('late.jpg', await small(1)));
    await server.api('POST', `/requests/${requestId}/uploads`, { token: customer.token, form });
    const { rows } = await server.db.raw<{ rows: { key: string }[] }>(
      `select key from graphile_worker.jobs where task_identifier = 'dealImages' and key like '%' || ?`,
      [requestId],
    );
    assert.equal(rows.length, 1);
    await dealUploaded(server.db, requestId);
    assert.equal((await labelling.hands()).size, 31);
    assert.deepEqual(await spread(), new Set([2]));
  });

  it('deal rejected images, too, so that they are somebody’s when they come back', async () => {
    await Image.query(labelling.server.db)
      .findByIds((await labelling.images()).slice(0, 9).map(({ id }) => id))
      .patch({ duplicateDecision: 'reject' });
    const { body } = await labelling.distribute(1, people);
    assert.deepEqual(counts(body.tasks), [7, 7, 7]);
    assert.equal((await labelling.hands()).size, 30);
  });

  it('count what was labelled before they shared, and share no longer without an overlap', async () => {
    const [first, second] = people as [Person, Person];
    const whole = await labelling.assign(first);
    const [image] = await labelling.images();
    await labelling.label(whole, image?.id, ['stop'], first);
    await labelling.complete(whole, first);
    await labelling.distribute(2, [first, second]);
    assert.deepEqual(await spread(), new Set([2]), 'one who is done with all images has them');
    const { body } = await labelling.distribute(null);
    assert.deepEqual(counts(body.tasks), [30, 30]);
    assert.equal((await labelling.hands()).size, 0);
  });

  it('pass on what one had left who may no longer sign in', async () => {
    await labelling.distribute(1, people);
    await server.db('users').where({ id: people[0]?.user.id }).update({ isActive: false });
    const { body } = await labelling.distribute(1);
    assert.deepEqual(counts(body.tasks), [0, 15, 15]);
    assert.equal((await labelling.distribute(3)).status, 400);
  });

  it('need as many labelers as the overlap', async () => {
    const { status, body } = await labelling.distribute(4, people);
    assert.equal(status, 400);
    assert.deepEqual(Object.keys(body.errors ?? {}), ['overlap']);
    assert.equal((await labelling.hands()).size, 0);
    assert.equal((await labelling.distribute(1, [labelling.customer])).status, 400);
  });

  it('lose and double no image while labels are saved, tasks handed in and images dealt at the same time', async () => {
    const { tasks } = (await labelling.distribute(2, people)).body;
    const calls = people.flatMap((who) => {
      const taskId = tasks.find((task) => task.labeler_username === who.user.username)?.task_id ?? '';
      return [
        ...Array.from({ length: 8 }, async (_, index) => {
          const image = (await labelling.details(taskId, who)).images[index];
          return labelling.label(taskId, image?.image_id, ['stop'], who);
        }),
        labelling.distribute(2),
      ];
    });
    for (const { status } of await Promise.all(calls)) assert.ok([200, 404].includes(status), String(status));
    await labelling.distribute(2);
    assert.deepEqual(await spread(), new Set([2]));
    const { rows } = await labelling.server.db.raw<{ rows: unknown[] }>(
      `select from labels join tasks on tasks.id = labels.task_id
       where tasks.request_id = ? and not exists (select from task_images dealt
         where dealt.task_id = labels.task_id and dealt.image_id = labels.image_id)`,
      [labelling.requestId],
    );
    assert.deepEqual(rows, [], 'labels on images of other tasks');
  });
});
