import assert from 'node:assert/strict';
import { classificationCounts } from '../../src/features/classifications/counts.js';
import { Clinic, type Classified, type Clinician, pictures } from '../images/clinic.js';

const pairs = [
  ['estagio1', 'stage1'],
  ['estagio2', 'stage2'],
  ['estagio3', 'stage3'],
  ['estagio4', 'stage4'],
  ['nao_classificavel', 'not_classifiable'],
  ['dtpi', 'dtpi'],
] as const;

type Listed = Classified & { user_id: string; user_name: string; counts: boolean };

describe('classifying images', () => {
  let clinic: Clinic;
  let nurse: Clinician;
  let colleague: Clinician;

  before(async () => {
    clinic = await Clinic.open();
  });
  beforeEach(async () => {
    nurse = await clinic.join();
    colleague = await clinic.join();
  });
  after(() => clinic.close());

  const list = async (imageId: string, query = '') =>
    (await nurse.call<Listed[]>('GET', `/classifications/?image_id=${imageId}${query}`)).body;

  it('answers what was recorded, in the spelling of the caller', async () => {
    const [imageId = ''] = await nurse.have(1);
    for (const spelled of new Set(pairs.flat())) {
      const { status, body } = await nurse.classify(imageId, spelled, 'Left heel');
      assert.equal(status, 201);
      assert.deepEqual([body.image_id, body.stage, body.observations], [imageId, spelled, 'Left heel']);
      assert.ok(Math.abs(Date.parse(body.created_at) - Date.now()) < 60_000);
    }
  });

  it('reads in Portuguese, unless English is asked for', async () => {
    const [imageId = ''] = await nurse.have(1);
    for (const [portuguese, english] of pairs) {
      for (const spelled of [portuguese, english]) {
        await nurse.classify(imageId, spelled);
        assert.equal((await list(imageId))[0]?.stage, portuguese);
        assert.equal((await list(imageId, '&vocabulary=en'))[0]?.stage, english);
      }
    }
    assert.equal((await nurse.call('GET', `/classifications/?image_id=${imageId}&vocabulary=fr`)).status, 400);
  });

  it('keeps a change of mind on record, newest first, and says which counts', async () => {
    const [imageId = ''] = await nurse.have(1);
    await nurse.classify(imageId, 'estagio1', 'first');
    await colleague.classify(imageId, 'estagio2', 'colleague');
    await nurse.classify(imageId, 'estagio3', 'second');
    assert.deepEqual(
      (await list(imageId)).map(({ observations, counts, user_id }) => [observations, counts, user_id]),
      [
        ['second', true, nurse.id],
        ['colleague', true, colleague.id],
        ['first', false, nurse.id],
      ],
    );
    assert.deepEqual(
      await classificationCounts(clinic.server.db, [nurse.id, colleague.id]),
      new Map([
        [nurse.id, 1],
        [colleague.id, 1],
      ]),
    );
  });

  it('lets nothing on record be changed', async () => {
    const [imageId = ''] = await nurse.have(1);
    await nurse.classify(imageId, 'estagio1');
    const change = clinic.server.db('classifications').where({ imageId }).update({ stage: 'stage2' });
    await assert.rejects(change, /takes new rows only/);
  });

  it('pages a long history', async () => {
    const [imageId = ''] = await nurse.have(1);
    for (const note of ['1', '2', '3']) await nurse.classify(imageId, 'dtpi', note);
    const first = await nurse.call<Listed[]>('GET', `/classifications/?image_id=${imageId}&limit=2`);
    assert.equal(first.headers.get('X-Total-Count'), '3');
    const rest = await list(imageId, `&limit=2&cursor=${first.body[1]?.id ?? ''}`);
    assert.deepEqual(
      [...first.body, ...rest].map(({ observations }) => observations),
      ['3', '2', '1'],
    );
    assert.equal((await nurse.call('GET', `/classifications/?image_id=${imageId}&cursor=x`)).status, 400);
  });

  it('has one that counts, the newest, however many come at once', async () => {
    const [imageId = ''] = await nurse.have(1);
    const calls = await Promise.all(
      Array.from({ length: 12 }, (_, index) => nurse.classify(imageId, pairs[index % 6]![0], String(index))),
    );
    assert.ok(calls.every(({ status }) => status === 201));
    const rows = await list(imageId);
    assert.equal(rows.length, 12);
    assert.deepEqual(
      rows.map(({ counts }) => counts),
      [true, ...Array.from({ length: 11 }, () => false)],
    );
    const [tally] = (await clinic.server.db('stageTallies').where({ imageId })) as Record<string, unknown>[];
    const english = pairs.find(([portuguese]) => portuguese === rows[0]?.stage)?.[1];
    assert.deepEqual(
      ['stage1', 'stage2', 'stage3', 'stage4', 'notClassifiable', 'dtpi'].map((column) => tally?.[column]),
      pairs.map(([, stage]) => (stage === english ? 1 : 0)),
    );
  });

  it('is done by many on the same images at once, in whatever order, without one waiting for ever', async () => {
    const files = await pictures(1, 2, 3, 4);
    const calls = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        nurse.upload(index % 2 ? files : [...files].reverse(), '/images/upload/with-stage/?stage=stage1'),
      ),
    );
    assert.ok(calls.every(({ status, body }) => status === 201 && body.classified === 4));
    const rows: unknown[] = await clinic.server.db('standingClassifications').where({ userId: nurse.id });
    assert.equal(rows.length, 4);
  });

  it('names the field that is wrong', async () => {
    const [imageId = ''] = await nurse.have(1);
    const stages = ['estagio5', 'Estagio1', '', 'constructor', "stage1'; drop table images", 1, null, ['stage1'], {}];
    for (const stage of stages) {
      const { status, body } = await nurse.call('POST', '/classifications/', { image_id: imageId, stage });
      assert.equal(status, 400, JSON.stringify(stage));
      assert.deepEqual(Object.keys(body.errors as object), ['stage'], JSON.stringify(stage));
    }
    for (const wrong of [{ stage: 'dtpi' }, { image_id: 'none', stage: 'dtpi' }, { image_id: 7, stage: 'dtpi' }]) {
      const { status, body } = await nurse.call('POST', '/classifications/', wrong);
      assert.equal(status, 400);
      assert.deepEqual(Object.keys(body.errors as object), ['image_id']);
    }
    const json = { image_id: imageId, stage: 'dtpi', observations: 'x'.repeat(20_001) };
    assert.equal((await nurse.call('POST', '/classifications/', json)).status, 400);
    assert.equal((await nurse.classify(imageId, 'dtpi', 'a\u0000b')).status, 400);
    assert.equal((await nurse.call('GET', '/classifications/')).status, 400);
    assert.deepEqual(await list(imageId), []);
  });

  it('takes observations that are left away or null', async () => {
    const [imageId = ''] = await nurse.have(1);
    const json = { image_id: imageId, stage: 'dtpi', observations: null };
    assert.equal((await nurse.call('POST', '/classifications/', json)).body.observations, '');
    assert.equal((await nurse.classify(imageId, 'dtpi')).body.observations, '');
  });
});

describe('images still to be classified', () => {
  let clinic: Clinic;
  let nurse: Clinician;

  before(async () => {
    clinic = await Clinic.open();
  });
  beforeEach(async () => {
    nurse = await clinic.join([], null);
  });
  after(() => clinic.close());

  it('are those the caller has not classified, oldest first, whatever others have', async () => {
    const colleague = await clinic.join();
    const member = await clinic.join();
    const [first = '', second = ''] = await member.have(1, 2);
    const [third = ''] = await colleague.have(3);
    await colleague.classify(first, 'dtpi');
    await member.classify(second, 'dtpi');
    assert.deepEqual(await member.unclassified(), [first, third]);
    assert.deepEqual(await colleague.unclassified(), [second, third]);
    await member.classify(first, 'dtpi');
    await member.classify(first, 'estagio1');
    assert.deepEqual(await member.unclassified(), [third]);
  });

  it("are asked for by the caller's own id, by none, and by an empty one", async () => {
    const ids = await nurse.have(1, 2);
    for (const query of ['', '?id=', `?id=${nurse.id}`]) assert.deepEqual(await nurse.unclassified(query), ids, query);
  });

  it('are asked for by batch, images among them that were there before', async () => {
    const [known = ''] = await nurse.have(1);
    const { body } = await nurse.upload(await pictures(2, 1));
    const [fresh] = body.images;
    await nurse.have(3);
    const query = `?id=${body.upload_batch_id}`;
    assert.deepEqual(await nurse.unclassified(query), [known, fresh?.id]);
    await nurse.classify(known, 'estagio4');
    assert.deepEqual(await nurse.unclassified(query), [fresh?.id]);
  });

  it('are not shown for a batch or a user that is none of the caller', async () => {
    const stranger = await clinic.join([], clinic.away);
    const { body } = await nurse.upload(await pictures(1));
    const { body: request } = await nurse.call('POST', '/requests', { title: 'Signs' });
    for (const id of [body.upload_batch_id, nurse.id, request.id as string]) {
      assert.equal((await stranger.call('GET', `/classifications/classification_images/?id=${id}`)).status, 404);
    }
    for (const id of ['undefined', '1', "' or 1=1"]) {
      const path = `/classifications/classification_images/?id=${encodeURIComponent(id)}`;
      assert.equal((await stranger.call('GET', path)).status, 400);
    }
  });

  it('are paged', async () => {
    const ids = await nurse.have(1, 2, 3);
    const first = await nurse.call<{ id: string }[]>('GET', '/classifications/classification_images/?limit=2');
    assert.equal(first.headers.get('X-Total-Count'), '3');
    assert.deepEqual(
      first.body.map(({ id }) => id),
      ids.slice(0, 2),
    );
    assert.deepEqual(await nurse.unclassified(`?limit=2&cursor=${ids[1] ?? ''}`), ids.slice(2));
  });
});
