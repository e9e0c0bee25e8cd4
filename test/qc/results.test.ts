import assert from 'node:assert/strict';
import sharp from 'sharp';
import { insertPngChunks, pngClaiming, renderPicture } from '../support/pictures.js';
import { QcCustomer, startTestWorker, type QcResultRow } from '../support/qc.js';
import { startTestServer, type TestServer } from '../support/server.js';

describe('quality control', function () {
  this.timeout(30_000);

  let server: TestServer;
  let worker: ReturnType<typeof startTestWorker>;
  let customer: QcCustomer;

  before(async () => {
    server = await startTestServer();
    worker = startTestWorker(server);
  });
  after(async () => {
    await worker.stop();
    await server.stop();
  });
  beforeEach(async () => {
    customer = await QcCustomer.signUp(server);
  });

  /** The detector has an opinion on rendered pictures too, which is not what these tests are about. */
  const duplicateFlags = (row: QcResultRow | undefined) => row?.flags.filter((flag) => flag.endsWith('_duplicate'));

  const recompressed = (picture: Buffer) => sharp(picture).jpeg({ quality: 40 }).toBuffer();

  it('scores a copy from 0.85 up, unrelated pictures below 0.5, and points from each copy to the other', async () => {
    const picture = await renderPicture({ seed: 1 });
    const requestId = await customer.requestWith({
      'original.jpg': picture,
      'recompressed.jpg': await recompressed(picture),
      'smaller.webp': await sharp(picture).resize(300).webp().toBuffer(),
      'another.jpg': await renderPicture({ seed: 2 }),
    });
    const results = await customer.runToEnd(requestId);
    for (const name of ['original.jpg', 'recompressed.jpg', 'smaller.webp']) {
      const { duplicate_score, flags, source_url, matched_image_id, image_id } = results[name] ?? assert.fail(name);
      assert.ok(duplicate_score >= 0.85 && duplicate_score < 1, `${name}: ${duplicate_score}`);
      assert.ok(flags.includes('near_duplicate'));
      assert.notEqual(matched_image_id, image_id);
      assert.equal((await fetch(source_url ?? '')).headers.get('content-type')?.split('/')[0], 'image');
    }
    const another = results['another.jpg'];
    assert.ok((another?.duplicate_score ?? 1) < 0.5);
    assert.deepEqual([another?.source_url, duplicateFlags(another)], [null, []]);
  });

  it('names what it found, and takes a picture it cannot decode for a result', async () => {
    const parameters = Buffer.from('parameters\0a cat\nSteps: 20, Sampler: Euler a, Model: sd_xl_base', 'latin1');
    const requestId = await customer.requestWith({
      'marked.png': insertPngChunks(await renderPicture({ seed: 1, format: 'png' }), [
        { type: 'tEXt', data: parameters },
      ]),
      'broken.png': pngClaiming(64, 64),
      'tiny.jpg': await renderPicture({ seed: 2, width: 24, height: 24 }),
      'flat.png': await sharp({ create: { width: 400, height: 300, channels: 3, background: '#204060' } })
        .png()
        .toBuffer(),
      'also flat.png': await sharp({ create: { width: 400, height: 300, channels: 3, background: '#a04060' } })
        .png()
        .toBuffer(),
    });
    const results = await customer.runToEnd(requestId);
    const flags = (name: string) => results[name]?.flags ?? assert.fail(name);
    assert.ok(flags('marked.png').includes('ai_metadata') && flags('marked.png').includes('ai_generated'));
    assert.ok((results['marked.png']?.ai_generated_score ?? 0) >= 0.99);
    assert.deepEqual(flags('broken.png'), ['corrupt']);
    assert.ok(flags('tiny.jpg').includes('too_small'));
    for (const name of ['flat.png', 'also flat.png']) {
      assert.deepEqual([flags(name).includes('low_detail'), results[name]?.duplicate_score], [true, 0]);
    }
    const { images_failed, images_done, images_total, errors } = await customer.status(requestId);
    assert.deepEqual([images_failed, images_done, images_total], [1, 5, 5]);
    assert.deepEqual(
      errors.map(({ filename }) => filename),
      ['broken.png'],
    );
    assert.match(errors[0]?.message ?? '', /^[A-Z].+\.$/);
  });

  it('finds copies in everything else the customer uploaded, looked at before or not, and in nobody else’s', async () => {
    const [first, second, third] = await Promise.all([1, 2, 3].map((seed) => renderPicture({ seed })));
    assert.ok(first && second && third);
    await customer.runToEnd(await customer.requestWith({ 'looked at.jpg': first }));
    await customer.requestWith({ 'never looked at.jpg': second });
    const stranger = await QcCustomer.signUp(server);
    await stranger.runToEnd(await stranger.requestWith({ 'of a stranger.jpg': third }));

    const results = await customer.runToEnd(
      await customer.requestWith({ '1.jpg': first, '2.jpg': await recompressed(second), '3.jpg': third }),
    );
    assert.deepEqual([results['1.jpg']?.duplicate_score, duplicateFlags(results['1.jpg'])], [1, ['exact_duplicate']]);
    assert.deepEqual(duplicateFlags(results['2.jpg']), ['near_duplicate']);
    assert.deepEqual([results['3.jpg']?.duplicate_score, results['3.jpg']?.source_url], [0, null]);
  });

  it('finds the same bytes in a request never looked at, at the first run', async () => {
    const picture = await renderPicture({ seed: 31 });
    await customer.requestWith({ 'there already.jpg': picture });
    const results = await customer.runToEnd(await customer.requestWith({ 'again.jpg': picture }));
    assert.deepEqual(duplicateFlags(results['again.jpg']), ['exact_duplicate']);
  });

  it('shows a labeler what his request matched, but not pictures of requests he has no task on', async () => {
    const [inside, outside] = await Promise.all([41, 42].map((seed) => renderPicture({ seed })));
    assert.ok(inside && outside);
    await customer.requestWith({ 'outside.jpg': outside });
    const requestId = await customer.requestWith({
      'inside.jpg': inside,
      'copy of inside.jpg': await recompressed(inside),
      'copy of outside.jpg': outside,
    });
    const own = await customer.runToEnd(requestId);
    assert.notEqual(own['copy of outside.jpg']?.source_url, null);

    const admin = await server.signUp({ roles: ['SUPER_ADMIN'] });
    const labeler = await server.signUp({ roles: ['LABELER'] });
    const json = { request_id: requestId, labeler_username: labeler.user.username };
    await server.api('POST', '/admin/assign', { token: admin.token, json });
    const path = `/requests/${requestId}/qc/results`;
    const { body } = await server.api<QcResultRow[]>('GET', path, { token: labeler.token });
    const seen = Object.fromEntries(body.map((row) => [row.filename, row]));
    assert.notEqual(seen['inside.jpg']?.source_url, null);
    const { duplicate_score, source_url, matched_image_id } = seen['copy of outside.jpg'] ?? assert.fail();
    assert.deepEqual([duplicate_score, source_url, matched_image_id], [1, null, null]);
  });

  it('points to a known source by its own address', async () => {
    const picture = await renderPicture({ seed: 1 });
    await customer.runToEnd(await customer.requestWith({ 'a.jpg': picture }));
    const { pdq } = (await server.db('image_analyses').whereNotNull('pdq').first()) as { pdq: Buffer };
    const sourceUrl = 'https://example.com/known.jpg';
    const { token } = await server.signUp({ roles: ['SUPER_ADMIN'] });
    const add = (pdqHex: string) =>
      server.api('POST', '/admin/references', {
        token,
        json: { references: [{ source_url: sourceUrl, pdq: pdqHex }] },
      });
    assert.deepEqual((await add(pdq.toString('hex'))).body, { added: 1, skipped: 0 });
    assert.deepEqual((await add(pdq.toString('hex'))).body, { added: 0, skipped: 1 });
    assert.equal((await add('f8')).status, 400);

    const stranger = await QcCustomer.signUp(server);
    const results = await stranger.runToEnd(await stranger.requestWith({ 'mine.jpg': await recompressed(picture) }));
    await server.db('reference_images').delete();
    assert.equal(results['mine.jpg']?.source_url, sourceUrl);
  });

  it('never looks at the same bytes twice', async () => {
    const requestId = await customer.requestWith({
      'a.jpg': await renderPicture({ seed: 11 }),
      'b.jpg': await renderPicture({ seed: 12 }),
    });
    const first = await customer.runToEnd(requestId);
    const images = (await server.db('images').where({ requestId })) as { storageKey: string }[];
    await server.services.storage.delete(images.map(({ storageKey }) => storageKey));
    const second = await customer.runToEnd(requestId);
    const scores = (results: typeof first) =>
      Object.values(results).map(({ image_id, ai_generated_score, flags }) => ({
        image_id,
        ai_generated_score,
        flags,
      }));
    assert.deepEqual(scores(second), scores(first));
  });

  it('says of a picture whose file is lost that it is corrupt, and finishes', async () => {
    const requestId = await customer.requestWith({
      'lost.jpg': await renderPicture({ seed: 21 }),
      'b.jpg': await renderPicture({ seed: 22 }),
    });
    const lost = await server.db('images').where({ requestId, filename: 'lost.jpg' }).first<{ storageKey: string }>();
    await server.services.storage.delete([lost.storageKey]);
    const results = await customer.runToEnd(requestId);
    assert.deepEqual(results['lost.jpg']?.flags, ['corrupt']);
    assert.equal((await customer.status(requestId)).images_failed, 1);
  });

  it('applies the thresholds in force when results are read', async () => {
    const picture = await renderPicture({ seed: 1 });
    const requestId = await customer.requestWith({ 'a.jpg': picture, 'b.jpg': await recompressed(picture) });
    const results = await customer.runToEnd(requestId);
    assert.deepEqual(duplicateFlags(results['a.jpg']), ['near_duplicate']);

    const { token } = await server.signUp({ roles: ['SUPER_ADMIN'] });
    const change = (json: object) => server.api('PUT', '/admin/settings', { token, json });
    await change({ duplicate_threshold: 1, ai_threshold: 0 });
    assert.deepEqual((await customer.results(requestId))['a.jpg']?.flags, ['ai_generated']);
    assert.deepEqual(Object.keys(await customer.results(requestId, '?verdict=duplicate')), []);
    assert.equal(Object.keys(await customer.results(requestId, '?verdict=ai_generated')).length, 2);
    assert.equal(Object.keys(await customer.results(requestId, '?verdict=flagged')).length, 2);
    await change({ duplicate_threshold: 0.85, ai_threshold: 1 });
    assert.equal(Object.keys(await customer.results(requestId, '?verdict=duplicate')).length, 2);
    assert.deepEqual(Object.keys(await customer.results(requestId, '?verdict=clean')), []);
    await change({ duplicate_threshold: 0.85, ai_threshold: 0.8 });
  });

  it('of a request without pictures ends at once', async () => {
    const { body } = await server.api('POST', '/requests', { token: customer.token, json: { title: 'Empty' } });
    assert.deepEqual(await customer.runToEnd(body.id as string), {});
    assert.equal((await customer.status(body.id as string)).percent, 100);
  });

  it('makes thumbnails of at most 512 px beside', async () => {
    const requestId = await customer.requestWith({
      'wide.jpg': await renderPicture({ seed: 5, width: 1200, height: 300 }),
    });
    const path = `/requests/${requestId}/uploads`;
    const { body } = await server.api<{ preview_url: string }[]>('GET', path, { token: customer.token });
    const response = await fetch(body[0]?.preview_url ?? '');
    const { width, height, format } = await sharp(await response.arrayBuffer()).metadata();
    assert.deepEqual([width, height, format], [512, 128, 'webp']);
  });
});
