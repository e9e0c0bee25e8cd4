import assert from 'node:assert/strict';
import { startTestServer, type TestServer } from '../support/server.js';
import { Labelling, type Person, type Review } from './labelling.js';

describe('the review of a task', () => {
  let server: TestServer;
  let labelling: Labelling;
  let labeler: Person;
  let taskId: string;
  let images: string[];

  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  beforeEach(async () => {
    labelling = await Labelling.start(server, 3);
    [labeler] = (await labelling.labelers(1)) as [Person];
    taskId = await labelling.assign(labeler);
    images = (await labelling.images()).map(({ id }) => id);
    for (const id of images) await labelling.label(taskId, id, ['stop'], labeler);
    await labelling.complete(taskId, labeler);
  });

  const details = () => labelling.details(taskId, labeler);
  const requestStatus = async () =>
    (await labelling.server.api('GET', `/requests/${labelling.requestId}`, { token: labelling.admin.token })).body
      .status;
  const history = async () => {
    const path = `/tasks/${taskId}/reviews`;
    return (await labelling.server.api<(Review & { labels: string[] | null })[]>('GET', path, { token: labeler.token }))
      .body;
  };
  const listed = async (query: string) =>
    (await labelling.server.api<unknown[]>('GET', `/tasks${query}`, { token: labelling.admin.token })).body.length;

  it('accepts it, once', async () => {
    assert.equal((await details()).review_status, 'pending');
    assert.equal(await listed('?review_status=pending'), 1);
    const { status, body } = await labelling.review(taskId, { verdict: 'accepted' });
    assert.deepEqual([status, body.status, body.review_status], [200, 'done', 'accepted']);
    assert.equal(await listed('?review_status=accepted'), 1);
    assert.equal((await labelling.review(taskId, { verdict: 'accepted' })).status, 409);
    assert.equal((await labelling.review(taskId, { verdict: 'returned', comment: 'no' })).status, 409);
    assert.equal((await history()).length, 1);
  });

  it('returns it to its labeler with what was said, who hands it in again', async () => {
    const words = { verdict: 'returned', comment: 'Look at the second.' };
    const ofImages = [{ image_id: images[1], verdict: 'returned', comment: 'This is a yield sign.' }];
    await labelling.review(taskId, { ...words, images: ofImages });
    assert.equal(await requestStatus(), 'in_progress');
    const returned = await details();
    assert.deepEqual([returned.status, returned.review_status], ['in_progress', 'returned']);
    assert.deepEqual([returned.review?.comment, returned.review?.addressed], [words.comment, false]);
    assert.deepEqual(
      returned.images.map(({ review }) => review?.comment ?? null),
      [null, 'This is a yield sign.', null],
    );

    await labelling.label(taskId, images[1], ['yield'], labeler);
    assert.equal((await details()).images[1]?.review?.addressed, true);
    await labelling.complete(taskId, labeler);
    const again = await details();
    assert.deepEqual([again.review_status, again.review?.addressed], ['pending', true]);
    assert.equal(await requestStatus(), 'completed');
    await labelling.review(taskId, { verdict: 'accepted', comment: 'Well done.' });
    assert.deepEqual(
      (await history()).map(({ verdict, comment, labels }) => [verdict, comment, labels]),
      [
        ['accepted', 'Well done.', null],
        ['returned', 'Look at the second.', null],
        ['returned', 'This is a yield sign.', ['stop']],
      ],
    );
  });

  it('is of one reviewer, where two are at it at the same moment', async () => {
    const other = await labelling.server.signUp({ roles: ['ADMIN'] });
    const answers = await Promise.all([
      labelling.review(taskId, { verdict: 'accepted' }),
      labelling.review(taskId, { verdict: 'returned', comment: 'No.' }, other),
      labelling.review(taskId, { verdict: 'accepted' }, other),
    ]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409]);
    assert.equal((await history()).length, 1);
    const { verdict } = (await history())[0] ?? {};
    assert.equal((await details()).review_status, verdict);
  });

  it('waits until the task is handed in, also of single images', async () => {
    await labelling.review(taskId, { verdict: 'returned', comment: 'Again.' });
    assert.equal((await labelling.review(taskId, { verdict: 'accepted' })).status, 409);
    const ofImage = { images: [{ image_id: images[0], verdict: 'accepted' }] };
    assert.equal((await labelling.review(taskId, ofImage)).status, 409);
  });

  it('may be of images alone, and leaves the task as it is', async () => {
    const { body } = await labelling.review(taskId, { images: [{ image_id: images[0], verdict: 'accepted' }] });
    assert.deepEqual([body.status, body.review_status], ['done', 'pending']);
    const path = `/tasks/${taskId}/labels`;
    const labels = await labelling.server.api<{ labels: string[]; review: Review | null }[]>('GET', path, {
      token: labelling.admin.token,
    });
    assert.deepEqual(
      labels.body.map((row) => [row.labels.join(), row.review?.verdict ?? null]),
      [
        ['stop', 'accepted'],
        ['stop', null],
        ['stop', null],
      ],
    );
  });

  it('takes back what was accepted, when told to', async () => {
    await labelling.review(taskId, { verdict: 'accepted' });
    const { body } = await labelling.review(taskId, { verdict: 'returned', comment: 'After all.', reopen: true });
    assert.deepEqual([body.status, body.review_status], ['in_progress', 'returned']);
  });

  it('returns no task whose labeler has a newer one in hand', async () => {
    await labelling.assign(labeler);
    const { status } = await labelling.review(taskId, { verdict: 'returned', comment: 'Again.' });
    assert.equal(status, 409);
    assert.equal((await details()).status, 'done');
    assert.deepEqual(await history(), []);
  });

  it('says something that can be acted on', async () => {
    const image = { image_id: images[0], verdict: 'returned', comment: '' };
    const faulty: [object, string][] = [
      [{}, 'verdict'],
      [{ verdict: 'returned', comment: '  ' }, 'comment'],
      [{ verdict: 'accepted', images: [image] }, 'verdict'],
      [{ images: [image, image] }, 'images'],
      [{ images: [{ ...image, image_id: '01941f29-7c00-7000-8000-000000000000' }] }, 'images'],
    ];
    for (const [json, field] of faulty) {
      const { status, body } = await labelling.review(taskId, json);
      assert.equal(status, 400, JSON.stringify(json));
      assert.deepEqual(Object.keys(body.errors as object), [field]);
    }
    assert.deepEqual(await history(), []);
  });

  it('is nobody’s of his own labels', async () => {
    const both = await labelling.server.signUp({ roles: ['ADMIN', 'LABELER'] });
    const own = await labelling.assign(both);
    await labelling.complete(own, both);
    assert.equal((await labelling.review(own, { verdict: 'accepted' }, both)).status, 403);
    assert.equal((await labelling.review(own, { verdict: 'accepted' })).status, 200);
  });
});
