import assert from 'node:assert/strict';
import sharp from 'sharp';
import { renderPicture } from '../support/pictures.js';
import { QcCustomer, startTestWorker } from '../support/qc.js';
import { startTestServer, type TestServer } from '../support/server.js';

interface MemberRow {
  image_id: string | null;
  reference_id: string | null;
  in_request: boolean;
  filename: string | null;
  source_url: string;
  is_representative: boolean;
  relation: string | null;
  score: number | null;
  transformation: string[];
  decision: string | null;
}

interface GroupRow {
  group_id: string;
  resolved: boolean;
  members_total: number;
  members: MemberRow[];
  keeper: { image_id: string | null; reference_id: string | null; reasons: string[] };
}

describe('duplicates of a request', function () {
  this.timeout(60_000);

  let server: TestServer;
  let worker: ReturnType<typeof startTestWorker>;
  let customer: QcCustomer;
  let picture: Buffer;

  before(async () => {
    server = await startTestServer();
    worker = startTestWorker(server);
    picture = await renderPicture({ seed: 1 });
  });
  after(async () => {
    await worker.stop();
    await server.stop();
  });
  beforeEach(async () => {
    customer = await QcCustomer.signUp(server);
  });

  const groupsOf = async (requestId: string, query = '', token = customer.token) => {
    const path = `/requests/${requestId}/duplicates${query}`;
    return server.api<GroupRow[]>('GET', path, { token });
  };
  const resolve = (requestId: string, json: object, token = customer.token) =>
    server.api('POST', `/requests/${requestId}/duplicates/resolve`, { token, json });
  const names = ({ members }: GroupRow) => members.map(({ filename }) => filename).sort();
  const memberOf = (group: GroupRow | undefined, name: string) =>
    group?.members.find(({ filename }) => filename === name) ?? assert.fail(name);

  const copies = async (original = picture) => ({
    'original.jpg': original,
    'recompressed.jpg': await sharp(original).jpeg({ quality: 50 }).toBuffer(),
    'smaller.jpg': await sharp(original).resize(320).jpeg().toBuffer(),
    'mirrored.jpg': await sharp(original).flop().jpeg({ quality: 80 }).toBuffer(),
    'cropped.jpg': await sharp(original).extract({ left: 40, top: 30, width: 560, height: 420 }).jpeg().toBuffer(),
  });

  it('are told in groups, with what was done to each and which to keep', async () => {
    const requestId = await customer.requestWith({
      ...(await copies()),
      'another.jpg': await renderPicture({ seed: 2 }),
      'yet another.jpg': await renderPicture({ seed: 3 }),
    });
    await customer.runToEnd(requestId);
    const { status, body, headers } = await groupsOf(requestId);
    assert.deepEqual([status, headers.get('x-total-count'), body.length], [200, '1', 1]);
    const [group] = body;
    assert.ok(group);
    assert.deepEqual(names(group), ['cropped.jpg', 'mirrored.jpg', 'original.jpg', 'recompressed.jpg', 'smaller.jpg']);
    assert.deepEqual([group.members_total, group.resolved], [5, false]);
    const keeper = group.members.find(({ image_id }) => image_id === group.keeper.image_id);
    assert.equal(keeper?.filename, 'original.jpg');
    assert.ok(group.keeper.reasons.includes('least_cropped') && group.keeper.reasons.includes('most_pixels'));
    assert.ok(memberOf(group, 'mirrored.jpg').transformation.some((each) => /^fl[io]p$/.test(each)));
    assert.ok(memberOf(group, 'cropped.jpg').transformation.some((each) => each.startsWith('crop')));
    for (const { is_representative, score } of group.members) assert.ok(is_representative || (score ?? 0) >= 0.85);
  });

  it('show copies in the customer’s other requests, to whom those may be shown', async () => {
    const elsewhere = await customer.requestWith({ 'elsewhere.jpg': picture });
    const requestId = await customer.requestWith({ 'here.jpg': picture, 'copy.jpg': (await copies())['smaller.jpg'] });
    await customer.runToEnd(requestId);
    const [group] = (await groupsOf(requestId)).body;
    assert.ok(group);
    assert.deepEqual(names(group), ['copy.jpg', 'elsewhere.jpg', 'here.jpg']);
    assert.equal(memberOf(group, 'elsewhere.jpg').in_request, false);
    assert.deepEqual((await groupsOf(elsewhere)).body, [], 'that request was never looked at');

    const admin = await server.signUp({ roles: ['SUPER_ADMIN'] });
    const labeler = await server.signUp({ roles: ['LABELER'] });
    const json = { request_id: requestId, labeler_username: labeler.user.username };
    await server.api('POST', '/admin/assign', { token: admin.token, json });
    const [seen] = (await groupsOf(requestId, '', labeler.token)).body;
    assert.ok(seen);
    assert.deepEqual(names(seen), ['copy.jpg', 'here.jpg']);
    const decision = { images: [{ image_id: memberOf(seen, 'copy.jpg').image_id, decision: 'reject' }] };
    assert.equal((await resolve(requestId, decision, labeler.token)).status, 403);
    const stranger = await server.signUp();
    assert.equal((await groupsOf(requestId, '', stranger.token)).status, 404);
    assert.equal((await resolve(requestId, decision, stranger.token)).status, 404);
  });

  it('leave tasks when they are rejected, and come back when that is undone', async () => {
    const requestId = await customer.requestWith({
      'a.jpg': picture,
      'b.jpg': (await copies())['recompressed.jpg'],
      'c.jpg': await renderPicture({ seed: 2 }),
    });
    await customer.runToEnd(requestId);
    const admin = await server.signUp({ roles: ['SUPER_ADMIN'] });
    const labeler = await server.signUp({ roles: ['LABELER'] });
    const { body: assigned } = await server.api('POST', '/admin/assign', {
      token: admin.token,
      json: { request_id: requestId, labeler_username: labeler.user.username },
    });
    const taskId = assigned.task_id as string;
    const task = async () => {
      const read = async <Body>(path: string) => (await server.api<Body>('GET', path, { token: labeler.token })).body;
      const { images } = await read<{ images: { filename: string }[] }>(`/tasks/${taskId}`);
      const progress = await read<{ total_images: number; labeled_images: number }>(`/tasks/${taskId}/progress`);
      const [row] = await read<{ images_count: number }[]>('/tasks');
      const counts = [progress.total_images, progress.labeled_images, row?.images_count];
      return [images.map(({ filename }) => filename).join(' '), ...counts];
    };
    const [group] = (await groupsOf(requestId)).body;
    const [a, b] = ['a.jpg', 'b.jpg'].map((name) => memberOf(group, name).image_id);
    const label = (image_id: string | null | undefined) =>
      server.api('POST', `/tasks/${taskId}/labels`, { token: labeler.token, json: { image_id, labels: [] } });
    assert.deepEqual(await task(), ['a.jpg b.jpg c.jpg', 3, 0, 3]);

    const decisions = [
      { image_id: b, decision: 'reject' },
      { image_id: a, decision: 'keep' },
    ];
    assert.deepEqual((await resolve(requestId, { images: decisions })).body, {
      request_id: requestId,
      resolved: 2,
      errors: [],
    });
    assert.deepEqual(await task(), ['a.jpg c.jpg', 2, 0, 2]);
    assert.equal((await label(b)).status, 409);
    const results = await customer.results(requestId);
    assert.deepEqual(
      [results['a.jpg']?.duplicate_score, results['a.jpg']?.flags.includes('near_duplicate')],
      [0, false],
    );
    assert.ok((results['b.jpg']?.duplicate_score ?? 0) >= 0.85);
    const uploads = await server.api<{ filename: string; decision: string | null }[]>(
      'GET',
      `/requests/${requestId}/uploads`,
      { token: customer.token },
    );
    assert.deepEqual(uploads.body.map(({ filename, decision }) => `${filename} ${decision}`).sort(), [
      'a.jpg keep',
      'b.jpg reject',
      'c.jpg null',
    ]);
    assert.equal((await groupsOf(requestId, '?state=open')).body.length, 0);
    const [resolved] = (await groupsOf(requestId, '?state=resolved')).body;
    assert.deepEqual([resolved?.resolved, resolved?.keeper.image_id, resolved?.keeper.reasons], [true, a, ['kept']]);

    await customer.runToEnd(requestId);
    assert.equal((await customer.results(requestId))['a.jpg']?.duplicate_score, 0, 'a later run changes nothing');
    await resolve(requestId, { images: decisions.map((each) => ({ ...each, decision: 'undecided' })) });
    assert.deepEqual((await task())[0], 'a.jpg b.jpg c.jpg');
    assert.equal((await label(b)).status, 200);
    assert.ok(((await customer.results(requestId))['a.jpg']?.duplicate_score ?? 0) >= 0.85);
  });

  it('that are none are never reported again, in no run and no request, until that is undone', async () => {
    const { 'recompressed.jpg': copy } = await copies();
    const requestId = await customer.requestWith({ 'a.jpg': picture, 'b.jpg': copy });
    await customer.runToEnd(requestId);
    const [group] = (await groupsOf(requestId)).body;
    const [a, b] = ['a.jpg', 'b.jpg'].map((name) => memberOf(group, name).image_id);
    const pair = { image_id: a, other_image_id: b };
    assert.equal((await resolve(requestId, { pairs: [pair] })).body.resolved, 1);
    const scores = async (id: string) => Object.values(await customer.results(id)).map((row) => row.duplicate_score);
    assert.deepEqual([await scores(requestId), (await groupsOf(requestId)).body], [[0, 0], []]);
    await customer.runToEnd(requestId);
    assert.deepEqual(await scores(requestId), [0, 0]);

    const again = await customer.requestWith({ 'b again.jpg': copy });
    const results = await customer.runToEnd(again);
    assert.equal(results['b again.jpg']?.matched_image_id, b, 'the same bytes are what they are');

    assert.equal((await resolve(requestId, { pairs: [{ ...pair, decision: 'undecided' }] })).status, 200);
    assert.ok((await scores(requestId)).every((score) => score >= 0.85));
  });

  it('take what can be decided and tell the rest', async () => {
    const strangers = await QcCustomer.signUp(server);
    const theirs = await strangers.requestWith({ 'theirs.jpg': picture });
    const { body } = await server.api<{ image_id: string }[]>('GET', `/requests/${theirs}/uploads`, {
      token: strangers.token,
    });
    const theirImage = body[0]?.image_id;
    const requestId = await customer.requestWith({ 'mine.jpg': picture });
    const mine = (await customer.runToEnd(requestId))['mine.jpg']?.image_id;
    const answer = await resolve(requestId, {
      images: [
        { image_id: theirImage, decision: 'reject' },
        { image_id: mine, decision: 'keep' },
      ],
      pairs: [
        { image_id: mine, other_image_id: theirImage },
        { image_id: theirImage, other_image_id: mine },
        { image_id: mine, other_image_id: mine },
        { image_id: mine, reference_id: mine },
      ],
    });
    const { resolved, errors } = answer.body as { resolved: number; errors: { item: string }[] };
    assert.deepEqual([answer.status, resolved], [200, 1]);
    assert.deepEqual(
      errors.map(({ item }) => item),
      ['images.0', 'pairs.0', 'pairs.1', 'pairs.2', 'pairs.3'],
    );
    const neither = await resolve(requestId, { pairs: [{ image_id: mine }] });
    assert.equal(neither.status, 400);
  });

  it('are paged by group', async () => {
    const files: Record<string, Buffer> = {};
    for (const seed of [11, 12, 13]) {
      const each = await renderPicture({ seed });
      files[`${seed}.jpg`] = each;
      files[`${seed} again.jpg`] = await sharp(each).jpeg({ quality: 60 }).toBuffer();
    }
    const requestId = await customer.requestWith(files);
    await customer.runToEnd(requestId);
    const all = (await groupsOf(requestId)).body.map(({ group_id }) => group_id);
    assert.equal(all.length, 3);
    const first = await groupsOf(requestId, '?limit=2');
    assert.deepEqual(
      first.body.map(({ group_id }) => group_id),
      all.slice(0, 2),
    );
    const next = /<(.+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? assert.fail('no next page');
    const second = await fetch(next, { headers: { Authorization: `Bearer ${customer.token}` } });
    assert.deepEqual(
      ((await second.json()) as GroupRow[]).map(({ group_id }) => group_id),
      all.slice(2),
    );
    assert.equal(second.headers.get('link'), null);
    assert.equal((await groupsOf(requestId, '?near_shots=true')).body.length, 3);
    assert.equal((await groupsOf(requestId, '?near_shots=maybe')).status, 400);
  });

  it('are found where a copy is pasted into another picture', async () => {
    const inset = await sharp(picture).resize(400).toBuffer();
    const screenshot = await sharp({ create: { width: 1280, height: 900, channels: 3, background: '#f4f4f6' } })
      .composite([{ input: inset, left: 640, top: 300 }])
      .jpeg({ quality: 85 })
      .toBuffer();
    const requestId = await customer.requestWith({ 'original.jpg': picture, 'screenshot.jpg': screenshot });
    const results = await customer.runToEnd(requestId);
    assert.ok((results['screenshot.jpg']?.duplicate_score ?? 0) >= 0.85);
    const [group] = (await groupsOf(requestId)).body;
    const keeper = group?.members.find(({ image_id }) => image_id === group.keeper.image_id);
    assert.equal(keeper?.filename, 'original.jpg');
  });

  it('are looked for among everybody’s by administrators alone', async () => {
    const strangers = await QcCustomer.signUp(server);
    await strangers.runToEnd(await strangers.requestWith({ 'theirs.jpg': await renderPicture({ seed: 91 }) }));
    const requestId = await customer.requestWith({ 'mine.jpg': await renderPicture({ seed: 91 }) });
    const run = (scope: string, token: string) =>
      server.api('POST', `/requests/${requestId}/qc/run`, { token, json: { scope } });
    assert.equal((await run('everyone', customer.token)).status, 403);
    assert.equal((await run('nobody', customer.token)).status, 400);
    assert.equal((await run('request', customer.token)).status, 200);
    await customer.reached(requestId, 'completed');
    assert.equal((await customer.results(requestId))['mine.jpg']?.duplicate_score, 0);

    const admin = await server.signUp({ roles: ['ADMIN'] });
    assert.equal((await run('everyone', admin.token)).status, 200);
    await customer.reached(requestId, 'completed');
    const row = (await customer.results(requestId))['mine.jpg'];
    assert.deepEqual([row?.duplicate_score, row?.source_url], [1, null], 'not the customer’s to see');
  });
});
