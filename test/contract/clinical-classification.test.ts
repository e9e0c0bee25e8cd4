import assert from 'node:assert/strict';
import { TEST_PASSWORD } from '../support/server.js';
import { Clinic } from '../images/clinic.js';
import { fileOf, small } from '../uploads/uploader.js';
import { ClinicalClient } from './clinical-client.js';

const ORIGIN = 'https://wounds.example';

interface Shown {
  id: string;
  url: string;
}

const file = async (seed: number) => fileOf(`wound ${seed}.jpg`, await small(seed));

describe('the clinical contract, as the React app meets it', () => {
  let clinic: Clinic;
  let app: ClinicalClient;
  let admin: ClinicalClient;

  before(async () => {
    clinic = await Clinic.open({ CORS_ORIGINS: `http://localhost:8080,${ORIGIN}` });
    const [nurse, chief] = await Promise.all([
      clinic.server.signUp({ organizationId: clinic.home }),
      clinic.server.signUp({ organizationId: clinic.home, roles: ['ADMIN'] }),
    ]);
    app = new ClinicalClient(clinic.server.url, ORIGIN);
    admin = new ClinicalClient(clinic.server.url, ORIGIN);
    const { status, body } = await app.signIn(nurse.user.email, TEST_PASSWORD);
    assert.deepEqual([status, body.user.email, body.user.is_admin], [200, nurse.user.email, false]);
    assert.equal((await admin.signIn(chief.user.email, TEST_PASSWORD)).body.user.is_admin, true);
  });
  after(() => clinic.close());

  it('uploads several images', async () => {
    const files = [await file(1), await file(2)];
    const { status, body } = await app.upload<Record<string, unknown>>('/images/upload/', 'images', files);
    assert.equal(status, 201);
    assert.equal(body.success, true);
    assert.equal(body.uploaded, 2);
    assert.equal(typeof body.upload_batch_id, 'string');
    const again = await app.upload<Record<string, unknown>>('/images/upload/', 'images', files);
    assert.deepEqual([again.status, again.body.success, again.body.uploaded], [201, true, 2]);
  });

  it('uploads a single image and shows it without credentials', async () => {
    const bytes = await small(3);
    const { status, body } = await app.upload<{ image: Shown }>('/images/upload/single/', 'image', [
      fileOf('wound.jpg', bytes),
    ]);
    assert.equal(status, 201);
    assert.ok(body.image.url.startsWith(`${clinic.server.url}/`), 'an absolute address');
    const shown = await app.show(body.image.url);
    assert.equal(shown.type, 'image/jpeg');
    assert.deepEqual(shown.bytes, bytes);
  });

  it('takes files of up to 10 MB', async () => {
    const picture = await small(4);
    // A JPEG comment (COM) may be filled with anything.
    const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0xff, 0xff]), Buffer.alloc(0xffff - 2)]);
    const comments = Array.from({ length: Math.floor((10_000_000 - picture.length) / comment.length) }, () => comment);
    const large = Buffer.concat([picture.subarray(0, 2), ...comments, picture.subarray(2)]);
    assert.ok(large.length > 9_900_000 && large.length <= 10_000_000);
    const { status } = await app.upload('/images/upload/', 'images', [fileOf('large.jpg', large)]);
    assert.equal(status, 201);
  });

  it('uploads images with a stage', async () => {
    for (const stage of ['stage1', 'stage2', 'stage3', 'stage4', 'not_classifiable', 'dtpi', 'estagio3']) {
      const path = `/images/upload/with-stage/?stage=${stage}`;
      const { status, body } = await app.upload<Record<string, unknown>>(path, 'images', [
        await file(5),
        await file(6),
      ]);
      assert.equal(status, 201);
      assert.deepEqual([body.success, body.uploaded, body.stage, body.classified], [true, 2, stage, 2]);
      assert.equal(typeof body.upload_batch_id, 'string');
    }
  });

  it('lists images as { id, url }', async () => {
    const { status, body } = await app.json<Shown[]>('GET', '/images/');
    assert.equal(status, 200);
    assert.equal(body.length, 6);
    for (const { id, url } of body) {
      assert.equal(typeof id, 'string');
      await app.show(url);
    }
  });

  it('asks for what is to be classified by its own id, classifies it, and is not asked again', async () => {
    const path = `/classifications/classification_images/?id=${app.userId}`;
    const before = (await app.json<Shown[]>('GET', path)).body;
    assert.equal(before.length, 4);
    const [image] = before;
    for (const stage of ['estagio2', 'nao_classificavel', 'dtpi']) {
      const { status, body } = await app.json<Record<string, unknown>>('POST', '/classifications/', {
        image_id: image?.id,
        stage,
        observations: 'Calcâneo esquerdo',
      });
      assert.equal(status, 201);
      assert.deepEqual([body.image_id, body.stage, typeof body.id], [image?.id, stage, 'string']);
      assert.ok(Date.parse(body.created_at as string) > 0);
    }
    assert.deepEqual((await app.json('GET', path)).body, before.slice(1));
    const listed = await app.json<{ stage: string }[]>('GET', `/classifications/?image_id=${image?.id ?? ''}`);
    assert.deepEqual(
      listed.body.map(({ stage }) => stage),
      ['dtpi', 'nao_classificavel', 'estagio2'],
    );
  });

  it('shows an administrator the figures', async () => {
    const today = new Date().toISOString().slice(0, 10);
    for (const query of ['', `?from=${today}&to=${today}`]) {
      const { status, body } = await admin.json<Record<string, unknown>>('GET', `/admin/metrics/${query}`);
      assert.equal(status, 200);
      assert.deepEqual(
        ['total_users', 'total_images', 'classified_images_count', 'unclassified_images_count'].map((key) => body[key]),
        [2, 6, 3, 3],
      );
      assert.deepEqual(body.classifications_per_category, {
        estagio1: 0,
        estagio2: 0,
        estagio3: 2,
        estagio4: 0,
        nao_classificavel: 0,
        dtpi: 1,
      });
      assert.deepEqual(body.daily_classifications, [{ date: today, count: 3 }]);
      const [row] = body.classifications_by_user as Record<string, unknown>[];
      assert.deepEqual([row?.id, row?.classification_count], [app.userId, 3]);
    }
    assert.equal((await app.json('GET', '/admin/metrics/')).status, 403);
  });

  it('is told of faults in a message and by field', async () => {
    const wrong = await app.json<{ message: string; errors: Record<string, string[]> }>('POST', '/classifications/', {
      image_id: 'none',
      stage: 'estagio9',
    });
    assert.equal(wrong.status, 400);
    assert.equal(typeof wrong.body.message, 'string');
    assert.deepEqual(Object.keys(wrong.body.errors).sort(), ['image_id', 'stage']);
    const refused = await app.upload<{ message: string; errors: Record<string, string[]> }>(
      '/images/upload/',
      'images',
      [fileOf('notes.txt', Buffer.from('hello'))],
    );
    assert.deepEqual([refused.status, Object.keys(refused.body.errors)], [400, ['images']]);
  });

  it('is nobody else by claiming so', async () => {
    const stranger = await clinic.server.signUp({ organizationId: clinic.away });
    const { body } = await clinic.server.api<Shown[]>('GET', '/images/', {
      token: stranger.token,
      headers: { Origin: ORIGIN, 'X-User-ID': app.userId },
    });
    assert.deepEqual(body, []);
  });

  it('cannot be read by a page of another origin', async () => {
    for (const origin of ['https://evil.example', 'null', `${ORIGIN}.evil.example`]) {
      const { headers } = await fetch(`${clinic.server.url}/images/`, {
        method: 'OPTIONS',
        headers: { Origin: origin, 'Access-Control-Request-Method': 'GET' },
      });
      assert.equal(headers.get('Access-Control-Allow-Origin'), null, origin);
    }
  });
});
