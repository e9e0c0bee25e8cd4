import assert from 'node:assert/strict';
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
});
