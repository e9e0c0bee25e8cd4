import assert from 'node:assert/strict';
import { Label } from '../../models/label.js';
import { consensusOf } from '../../src/features/tasks/consensus.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { Labelling, type Person } from './labelling.js';

interface Quality {
  images_labeled: number;
  agreement: {
    kappa: number | null;
    kappa_per_class: { class: string; kappa: number | null }[];
    images: number;
    raters: number;
  };
  ties: number;
  labelers: {
    username: string;
    images_labeled: number;
    labels_per_hour: number | null;
    median_seconds_per_image: number | null;
    gold_images: number;
    gold_correct: number;
    gold_accuracy: number | null;
  }[];
}

describe('the consensus on an image', () => {
  const classes = ['a', 'b', 'c'];
  const of = (...votes: string[][]) => {
    const { labels, tied } = consensusOf(votes, classes);
    return `${labels.join()}|${tied.join()}`;
  };

  it('is what one labeler says where there is but one', () => {
    assert.equal(of(['b', 'a']), 'a,b|');
    assert.equal(of(), '|');
  });

  it('is what more than half of them say, or else most', () => {
    assert.equal(of(['a'], ['a'], ['b']), 'a|');
    assert.equal(of(['a'], ['a'], ['b'], ['c']), 'a|');
    assert.equal(of(['a', 'b'], ['a', 'b'], ['c']), 'a,b|');
  });

  it('is none where they are evenly divided, and says between what', () => {
    assert.equal(of(['a'], ['b']), '|a,b');
    assert.equal(of(['a'], ['b'], ['c']), '|a,b,c');
    assert.equal(of(['a', 'b'], ['a']), 'a|b');
  });
});

describe('the quality of labels', () => {
  let server: TestServer;
  let labelling: Labelling;
  let people: [Person, Person, Person];
  let tasks: string[];
  let images: string[];

  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  beforeEach(async () => {
    labelling = await Labelling.start(server, 4, ['stop', 'yield']);
    people = (await labelling.labelers(3)) as [Person, Person, Person];
    tasks = [];
    for (const who of people) tasks.push(await labelling.assign(who));
    images = (await labelling.images()).map(({ id }) => id);
  });

  const read = async () => {
    const path = `/requests/${labelling.requestId}/label-quality`;
    const { status, body } = await labelling.server.api<Quality>('GET', path, { token: labelling.admin.token });
    assert.equal(status, 200);
    return body;
  };
  const label = (who: number, image: number, ...labels: string[]) =>
    labelling.label(tasks[who] ?? '', images[image], labels, people[who]!);
  const of = (quality: Quality, who: number) =>
    quality.labelers.find(({ username }) => username === people[who]?.user.username);
  const setGold = (answers: [number, ...string[]][]) =>
    labelling.server.api('PUT', `/requests/${labelling.requestId}/gold`, {
      token: labelling.admin.token,
      json: { images: answers.map(([image, ...labels]) => ({ image_id: images[image], labels })) },
    });

  it('is not defined before anybody has labelled', async () => {
    const { agreement, labelers, ties } = await read();
    assert.deepEqual([agreement.kappa, agreement.images, labelers, ties], [null, 0, [], 0]);
  });

  it('tells by Fleiss’ kappa how far labelers agree, on images that two or more labelled', async () => {
    // Three raters of two images and two of one: disagreement (2/3 + 0 + 1) / 3 a class against shares of 1/2.
    for (const [who, name] of ['stop', 'stop', 'yield'].entries()) await label(who, 0, name);
    for (const who of [0, 1, 2]) await label(who, 1, 'yield');
    await label(0, 2, 'stop');
    await label(1, 2, 'yield');
    await label(0, 3, 'stop');
    const { agreement, images_labeled, ties } = await read();
    assert.deepEqual([images_labeled, agreement.images, agreement.raters, ties], [4, 3, 3, 1]);
    const share = (2 / 3 + 0 + 1 / 2) / 3;
    const disagreement = ((2 * 1) / (3 * 2) + 0 + (1 * 1) / (2 * 1)) / 3;
    const expected = 1 - disagreement / (share * (1 - share));
    for (const { kappa } of agreement.kappa_per_class) assert.ok(Math.abs((kappa ?? 9) - expected) < 1e-12);
    assert.ok(Math.abs((agreement.kappa ?? 9) - expected) < 1e-12);
  });

  it('counts a labeler once an image, by what he said last, and no rejected image', async () => {
    await label(0, 0, 'stop');
    await labelling.complete(tasks[0] ?? '', people[0]);
    tasks[0] = await labelling.assign(people[0]);
    await label(0, 0, 'yield');
    await label(1, 0, 'yield');
    await label(1, 1, 'stop');
    await label(0, 1, 'stop');
    const { agreement, labelers } = await read();
    assert.deepEqual([agreement.kappa, labelers.map((row) => row.images_labeled)], [1, [2, 2]]);
    await labelling.server.db('images').where({ id: images[0] }).update({ duplicateDecision: 'reject' });
    assert.equal((await read()).agreement.images, 1);
  });

  it('tells how fast somebody works, without his breaks', async () => {
    for (const image of [0, 1, 2, 3]) await label(0, image, 'stop');
    const start = Date.UTC(2026, 0, 1);
    for (const [image, seconds] of [0, 10, 30, 4000].entries()) {
      await Label.query(labelling.server.db)
        .where({ imageId: images[image] })
        .patch({ createdAt: new Date(start + seconds * 1000) });
    }
    const pace = of(await read(), 0);
    assert.deepEqual([pace?.labels_per_hour, pace?.median_seconds_per_image], [240, 15]);
    await label(1, 0, 'stop');
    assert.equal(of(await read(), 1)?.labels_per_hour, null);
  });

  it('measures labelers by images whose answer is known', async () => {
    assert.equal(
      (
        await setGold([
          [0, 'stop'],
          [1, 'stop', 'yield'],
          [2, 'yield'],
        ])
      ).body.gold_images,
      3,
    );
    await label(0, 0, 'stop');
    await label(0, 1, 'yield', 'stop');
    await label(0, 2, 'stop');
    await label(0, 3, 'stop');
    await label(1, 1, 'stop');
    const quality = await read();
    assert.deepEqual(
      [of(quality, 0)?.gold_images, of(quality, 0)?.gold_correct, of(quality, 0)?.gold_accuracy],
      [3, 2, 2 / 3],
    );
    assert.equal(of(quality, 1)?.gold_accuracy, 0);
    assert.equal((await setGold([[2]])).body.gold_images, 2);
    assert.equal(of(await read(), 0)?.gold_accuracy, 1);
  });

  it('is for administrators: labelers cannot tell known images from others', async () => {
    await setGold([[0, 'stop']]);
    const { requestId } = labelling;
    for (const path of ['gold', 'label-quality']) {
      for (const who of [people[0], labelling.customer]) {
        assert.equal((await server.api('GET', `/requests/${requestId}/${path}`, { token: who.token })).status, 403);
      }
    }
    const shown = (await labelling.details(tasks[0] ?? '', people[0])).images.map((image) => ({
      ...image,
      image_id: '',
      url: '',
    }));
    assert.equal(new Set(shown.map((image) => JSON.stringify(image))).size, 1);
    const list = await server.api<{ image_id: string }[]>('GET', `/requests/${requestId}/gold`, {
      token: labelling.admin.token,
    });
    assert.deepEqual(
      list.body.map(({ image_id: id }) => id),
      [images[0]],
    );
  });

  it('has known images go to every labeler, where tasks share the others', async () => {
    await labelling.distribute(1);
    await setGold([[0, 'stop']]);
    const hands = await labelling.hands();
    assert.deepEqual(
      images.map((id) => hands.get(id)),
      [3, 1, 1, 1],
    );
  });

  it('takes as known only classes and images of the request', async () => {
    const refused = await setGold([[0, 'tree']]);
    assert.equal(refused.status, 400);
    assert.deepEqual(Object.keys(refused.body.errors as object), ['images']);
    images.push('01941f29-7c00-7000-8000-000000000000');
    assert.equal(
      (
        await setGold([
          [0, 'stop'],
          [4, 'stop'],
        ])
      ).status,
      400,
    );
    assert.equal((await setGold([[1, 'stop']])).body.gold_images, 1, 'nothing was kept of what was refused');
  });
});
