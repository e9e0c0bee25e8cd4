import assert from 'node:assert/strict';
import sharp from 'sharp';
import { insertPngChunks, pngClaiming, renderPicture } from '../support/pictures.js';
import { QcCustomer, startTestWorker, type QcResultRow } from '../support/qc.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { cameraTiff } from '../workers/camera-tiff.js';

interface EvidenceRow extends QcResultRow {
  evidence?: {
    analyser_version: string;
    detector_score: number | null;
    facts: { source: string; kind: string; generator: string | null; value: string }[];
  } | null;
}

describe('evidence of an AI score', function () {
  this.timeout(30_000);

  let server: TestServer;
  let worker: ReturnType<typeof startTestWorker>;
  let customer: QcCustomer;
  let requestId: string;

  before(async () => {
    server = await startTestServer();
    worker = startTestWorker(server);
    customer = await QcCustomer.signUp(server);
    const png = await renderPicture({ seed: 3, format: 'png' });
    const parameters = { type: 'tEXt', data: Buffer.from('parameters\0a cat\nSteps: 20, Sampler: Euler a') };
    requestId = await customer.requestWith({
      'plain.png': png,
      'marked.png': insertPngChunks(png, [parameters]),
      'camera.png': insertPngChunks(png, [{ type: 'eXIf', data: cameraTiff() }]),
      'both.png': insertPngChunks(png, [{ type: 'eXIf', data: cameraTiff() }, parameters]),
      'broken.png': insertPngChunks(pngClaiming(64, 64), [parameters]),
    });
    await customer.runToEnd(requestId);
  });
  after(async () => {
    await worker.stop();
    await server.stop();
  });

  const ask = (token: string, query = '?include=evidence') =>
    server.api<EvidenceRow[]>('GET', `/requests/${requestId}/qc/results${query}`, { token });
  const rows = async () => {
    const { body } = await ask(customer.token);
    return Object.fromEntries(body.map((row) => [row.filename, row]));
  };
  const sources = (row: EvidenceRow | undefined) => row?.evidence?.facts.map(({ source, kind }) => `${kind} ${source}`);

  it('is each fact with where it stood', async () => {
    const found = await rows();
    assert.deepEqual(sources(found['plain.png']), []);
    assert.deepEqual(found['marked.png']?.evidence?.facts, [
      {
        source: 'text:parameters',
        kind: 'record',
        generator: 'Stable Diffusion',
        value: 'Steps: 20, Sampler: Euler a',
      },
    ]);
    assert.deepEqual(sources(found['camera.png']), ['camera exif:MakerNote', 'camera exif:ExposureTime']);
    assert.deepEqual(sources(found['both.png']), [
      'record text:parameters',
      'camera exif:MakerNote',
      'camera exif:ExposureTime',
    ]);
    const broken = found['broken.png'];
    assert.deepEqual([broken?.evidence?.detector_score, sources(broken)], [null, ['record text:parameters']]);
  });

  it('explains the score: the detector’s own where there is nothing else', async () => {
    const found = await rows();
    const byPixels = found['plain.png']?.evidence?.detector_score ?? assert.fail();
    for (const name of ['marked.png', 'camera.png', 'both.png']) {
      assert.equal(found[name]?.evidence?.detector_score, byPixels);
    }
    const score = (name: string) => found[name]?.ai_generated_score ?? assert.fail(name);
    assert.ok(score('marked.png') >= score('plain.png') && score('camera.png') <= score('plain.png'));
    for (const name of ['marked.png', 'both.png', 'broken.png']) assert.ok(score(name) >= 0.8, name);
  });

  it('stands among the flags, with where it was found', async () => {
    const found = await rows();
    const flags = (name: string) =>
      found[name]?.flags.filter((flag) => /^(?:ai|camera)_metadata/.test(flag)) ?? assert.fail(name);
    assert.deepEqual(flags('plain.png'), []);
    assert.deepEqual(flags('marked.png'), ['ai_metadata', 'ai_metadata:text:parameters']);
    assert.deepEqual(flags('camera.png'), ['camera_metadata']);
    assert.deepEqual(flags('both.png'), ['ai_metadata', 'ai_metadata:text:parameters', 'camera_metadata']);
  });

  it('comes only where it is asked for, page by page as the results do', async () => {
    assert.ok((await ask(customer.token, '')).body.every((row) => !('evidence' in row)));
    const { body, headers } = await ask(customer.token, '?include=evidence&limit=2');
    assert.equal(body.length, 2);
    assert.ok(body.every(({ evidence }) => evidence));
    assert.match(headers.get('link') ?? '', /include=evidence/);
    assert.equal((await ask(customer.token, '?include=everything')).status, 400);
  });

  it('is null where the analysis is no longer kept', async () => {
    await server.db('image_analyses').where({ detector_score: null }).delete();
    const found = await rows();
    assert.equal(found['broken.png']?.evidence, null);
    assert.notEqual(found['plain.png']?.evidence, null);
  });

  it('is nobody else’s to see', async () => {
    const stranger = await server.signUp();
    assert.equal((await ask(stranger.token)).status, 404);
    const labeler = await server.signUp({ roles: ['LABELER'] });
    assert.equal((await ask(labeler.token)).status, 404);
    const admin = await server.signUp({ roles: ['SUPER_ADMIN'] });
    const json = { request_id: requestId, labeler_username: labeler.user.username };
    await server.api('POST', '/admin/assign', { token: admin.token, json });
    assert.equal((await ask(labeler.token)).status, 200);
  });

  describe('as a heat map', () => {
    const address = (imageId: string, token = customer.token) =>
      server.api<{ url: string }>('GET', `/images/${imageId}/ai-heatmap`, { token });
    const imageIds = async () =>
      Object.fromEntries(
        Object.entries(await customer.results(requestId)).map(([name, { image_id }]) => [name, image_id]),
      );

    it('is a WebP of at most 512 px, made when it is looked at, and kept', async () => {
      const { 'plain.png': imageId = '' } = await imageIds();
      const { body } = await address(imageId);
      assert.equal(await server.db('ai_heat_maps').where({ image_id: imageId }).first(), undefined);
      const [first, second] = await Promise.all([fetch(body.url), fetch(body.url)]);
      const { width, height, format } = await sharp(await first.arrayBuffer()).metadata();
      assert.deepEqual([width, height, format, second.status], [512, 384, 'webp', 200]);
      const made = (await server.db('ai_heat_maps').where({ image_id: imageId }).first()) as { created_at: Date };
      await fetch(body.url);
      assert.deepEqual(await server.db('ai_heat_maps').where({ image_id: imageId }).first(), made);
    });

    it('is made anew once the result is another detector’s', async () => {
      const { 'marked.png': imageId = '' } = await imageIds();
      const { body } = await address(imageId);
      await fetch(body.url);
      await server.db('qc_results').where({ image_id: imageId }).update({ analyser_version: '3/another@1.0.0+0' });
      assert.equal((await fetch(body.url)).status, 200);
      const { resultVersion: version } = (await server.db('ai_heat_maps').where({ image_id: imageId }).first()) as {
        resultVersion: string;
      };
      assert.equal(version, '3/another@1.0.0+0');
    });

    it('is not to be had of a picture that cannot be decoded, or that is gone', async () => {
      const { 'broken.png': broken = '', 'both.png': both = '' } = await imageIds();
      assert.equal((await fetch((await address(broken)).body.url)).status, 404);
      const { body } = await address(both);
      await fetch(body.url);
      await server.api('DELETE', `/requests/${requestId}/uploads/${both}`, { token: customer.token });
      assert.equal((await fetch(body.url)).status, 404);
      assert.equal((await address(both)).status, 404);
      assert.equal(await server.db('ai_heat_maps').where({ image_id: both }).first(), undefined);
    });

    it('is shown to whoever may see the request, and to nobody else', async () => {
      const { 'plain.png': imageId = '' } = await imageIds();
      assert.equal((await address(imageId, (await server.signUp()).token)).status, 404);
      assert.equal((await address(imageId, (await server.signUp({ roles: ['SUPER_ADMIN'] })).token)).status, 200);
      assert.equal((await server.api('GET', `/images/${imageId}/ai-heatmap`)).status, 401);
      const url = new URL((await address(imageId)).body.url);
      const other = url.href.replace('/ai-heatmap?', '/original?');
      url.searchParams.set('signature', 'A'.repeat(43));
      for (const forged of [url.href, other]) assert.equal((await fetch(forged)).status, 404);
    });
  });
});
