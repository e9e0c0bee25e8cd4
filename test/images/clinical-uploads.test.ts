import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { Image } from '../../models/image.js';
import { keepClinical } from '../../src/features/images/keep-clinical.js';
import { renderPicture, truncate } from '../support/pictures.js';
import { fileOf } from '../uploads/uploader.js';
import { Clinic, type Clinician, pictures } from './clinic.js';

describe('uploading clinical images', () => {
  let clinic: Clinic;
  let nurse: Clinician;

  before(async () => {
    clinic = await Clinic.open();
  });
  beforeEach(async () => {
    nurse = await clinic.join([], null);
  });
  after(() => clinic.close());

  /** The nurse's. */
  async function storedFiles(): Promise<string[]> {
    const folder = join(clinic.server.services.config.dataDir, 'storage', 'clinical', nurse.id);
    return readdir(folder).catch(() => []);
  }

  async function jobs<Payload>(name: string): Promise<Payload[]> {
    const rows: unknown = await clinic.server
      .db('graphile_worker._private_jobs as jobs')
      .join('graphile_worker._private_tasks as tasks', 'tasks.id', 'jobs.task_id')
      .where({ identifier: name })
      .select('payload');
    return (rows as { payload: Payload }[]).map(({ payload }) => payload);
  }

  it('takes several at once and answers them in the order sent', async () => {
    const { status, body } = await nurse.upload(await pictures(1, 2, 3));
    assert.equal(status, 201);
    assert.deepEqual([body.success, body.uploaded, body.repeated, body.errors], [true, 3, 0, []]);
    assert.match(body.upload_batch_id, /^[0-9a-f-]{36}$/);
    assert.deepEqual(
      body.images.map(({ filename }) => filename),
      ['0.jpg', '1.jpg', '2.jpg'],
    );
    assert.deepEqual(
      (await nurse.images()).map(({ id }) => id),
      body.images.map(({ id }) => id).reverse(),
      'the list is newest first',
    );
    const thumbnails = await jobs<{ imageIds: string[] }>('makeThumbnails');
    const due = new Set(thumbnails.flatMap(({ imageIds }) => imageIds));
    assert.ok(body.images.every(({ id }) => due.has(id)));
  });

  it('takes a single one', async () => {
    const { status, body } = await nurse.upload(await pictures(1), '/images/upload/single/');
    assert.equal(status, 201);
    const { image } = body as unknown as { image: { id: string; url: string } };
    assert.equal((await fetch(image.url)).status, 200);
    assert.equal((await nurse.call('GET', `/images/${image.id}`)).body.id, image.id);
  });

  it('takes one where one is asked for, and says so of the others', async () => {
    const { body } = await nurse.upload(await pictures(1, 2), '/images/upload/single/');
    assert.deepEqual(
      body.errors.map(({ code, message }) => [code, message]),
      [['too_many_files', 'At most 1 file is taken in one call: send this one in another.']],
    );
    assert.equal((await nurse.images()).length, 1);
  });

  it('answers the image that is there to a file sent before, in one call, the next, and by the single way', async () => {
    const [first, second] = await pictures(1, 2);
    const once = await nurse.upload([first!, first!]);
    assert.deepEqual([once.status, once.body.uploaded, once.body.repeated], [201, 1, 1]);
    const [known] = once.body.images;
    const again = await nurse.upload([second!, first!]);
    assert.deepEqual([again.status, again.body.uploaded, again.body.repeated], [201, 2, 1]);
    assert.equal(again.body.images[1]?.id, known?.id);
    const single = await nurse.upload([first!], '/images/upload/single/');
    assert.equal(single.status, 201);
    assert.equal((single.body.image as { id: string }).id, known?.id);
    assert.equal((await nurse.images()).length, 2);
  });

  it('makes one image of a file that is sent many times at once', async () => {
    const files = await pictures(1, 2, 3);
    const calls = await Promise.all(
      Array.from({ length: 6 }, (_, call) => nurse.upload(call % 2 ? files : [...files].reverse())),
    );
    assert.deepEqual(new Set(calls.map(({ status, body }) => `${status} ${body.uploaded}`)), new Set(['201 3']));
    assert.equal(new Set(calls.flatMap(({ body }) => body.images.map(({ id }) => id))).size, 3);
    assert.equal((await nurse.images()).length, 3);
    const deleted = (await jobs<{ keys: string[] }>('deleteObjects')).flatMap(({ keys }) => keys);
    const surplus = deleted.filter((key) => key.startsWith(`clinical/${nurse.id}/`));
    assert.equal(surplus.length, 5 * 3, 'the objects of the others go');
  });

  it('makes an image anew that is being deleted while its file comes again', async () => {
    const [id] = await nurse.have(1);
    const { db } = clinic.server;
    const image = await Image.query(db).findById(id!).throwIfNotFound();
    const { filename, etag, contentType, bytes, width, height } = image;
    const sha256 = image.sha256.toString('hex');
    const file = { filename, etag, contentType, bytes, width, height, sha256, key: 'clinical/again' };
    const deleting = await db.transaction();
    await Image.query(deleting).deleteById(image.id);
    const keeping = db.transaction((trx) => keepClinical(trx, nurse.id, [file]));
    await deleting.commit();
    const kept = await keeping;
    assert.deepEqual([kept.images.length, kept.repeated], [1, 0]);
    assert.notEqual(kept.images[0]?.id, id);
  });

  it('lets two users have the same picture', async () => {
    const [own] = await nurse.have(1);
    const [other] = await (await clinic.join()).have(1);
    assert.notEqual(own, other);
  });

  it('classifies each image of a call with a stage, known ones too, and echoes its spelling', async () => {
    const [known] = await nurse.have(1);
    for (const stage of ['estagio2', 'stage2', 'nao_classificavel', 'not_classifiable', 'dtpi']) {
      const { status, body } = await nurse.upload(
        await pictures(1, 2),
        `/api/images/upload/with-stage/?stage=${stage}`,
      );
      assert.equal(status, 201);
      assert.deepEqual([body.success, body.uploaded, body.classified, body.stage], [true, 2, 2, stage]);
    }
    const { body } = await nurse.call<{ stage: string }[]>('GET', `/classifications/?image_id=${known ?? ''}`);
    assert.deepEqual(
      body.map(({ stage }) => stage),
      ['dtpi', 'nao_classificavel', 'nao_classificavel', 'estagio2', 'estagio2'],
    );
    assert.deepEqual(await nurse.unclassified(), []);
  });

  it('refuses nonsense for a stage and keeps nothing of the call', async () => {
    for (const query of ['?stage=estagio5', '?stage=', '', '?stage=__proto__', '?stage=estagio1&stage=estagio2']) {
      const { status, body } = await nurse.upload(await pictures(1), `/images/upload/with-stage/${query}`);
      assert.equal(status, 400, query);
      assert.deepEqual(Object.keys(body.errors), ['stage'], query);
    }
    assert.deepEqual(await nurse.images(), []);
    assert.deepEqual(await storedFiles(), []);
  });

  it('keeps the good of a call and names each refused file with its reason', async () => {
    const [good, torn] = await pictures(1, 2);
    const { status, body } = await nurse.upload([Buffer.from('<svg/>'), good!, truncate(torn!)]);
    assert.deepEqual([status, body.uploaded], [201, 1]);
    assert.deepEqual(
      body.errors.map(({ filename }) => filename),
      ['0.jpg', '2.jpg'],
    );
  });

  it('answers 400 and the reasons under the field where nothing could be taken', async () => {
    for (const [path, field] of [
      ['/images/upload/', 'images'],
      ['/images/upload/single/', 'image'],
      ['/images/upload/with-stage/?stage=dtpi', 'images'],
    ] as const) {
      for (const files of [[Buffer.from('hello')], []]) {
        const { status, body } = await nurse.upload(files, path);
        assert.equal(status, 400);
        assert.equal((body.errors as unknown as Record<string, string[]>)[field]?.length, 1, path);
      }
    }
    const batches: unknown[] = await clinic.server.db('uploadBatches').where({ ownerId: nurse.id });
    assert.deepEqual([batches, await storedFiles()], [[], []]);
  });

  it('refuses files in a field of another name, and JSON', async () => {
    const form = new FormData();
    form.append('files', fileOf('a.jpg', (await pictures(1))[0]!));
    const { status } = await clinic.server.api('POST', '/images/upload/', { token: nurse.token, form });
    assert.equal(status, 400);
    assert.equal((await nurse.call('POST', '/images/upload/', { images: [{ key: 'forged' }] })).status, 400);
  });

  it('turns a VIEWER away before it reads what he sends', async () => {
    const viewer = await clinic.join(['VIEWER']);
    for (const path of ['/images/upload/', '/images/upload/single/', '/images/upload/with-stage/?stage=dtpi']) {
      const socket = connect(Number(new URL(clinic.server.url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      // A body is announced and never comes.
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${viewer.token}\r\n` +
          'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n',
      );
      const [answer] = (await once(socket, 'data')) as [Buffer];
      assert.match(answer.toString(), /^HTTP\/1\.1 403 /);
      socket.destroy();
    }
  });

  it('keeps clinical images apart from those of requests', async () => {
    const [clinical] = await nurse.have(1);
    const { body: request } = await nurse.call('POST', '/requests', { title: 'Signs' });
    const form = new FormData();
    form.append('files', fileOf('a.jpg', (await pictures(1))[0]!));
    const path = `/requests/${request.id as string}/uploads`;
    assert.equal((await clinic.server.api('POST', path, { token: nurse.token, form })).body.uploaded, 1);
    const [upload] = (await nurse.call<{ image_id: string }[]>('GET', path)).body;
    assert.deepEqual(
      (await nurse.images()).map(({ id }) => id),
      [clinical],
    );
    for (const method of ['GET', 'DELETE']) {
      assert.equal((await nurse.call(method, `/images/${upload?.image_id ?? ''}`)).status, 404);
    }
    assert.equal((await nurse.classify(upload?.image_id ?? '', 'dtpi')).status, 404);
    assert.equal((await nurse.call('DELETE', `${path}/${clinical ?? ''}`)).status, 404);
  });
});

describe('limits of clinical uploads', () => {
  it('are those of every upload', async () => {
    const clinic = await Clinic.open({ MAX_FILE_BYTES: '20000', MAX_FILES_PER_UPLOAD: '2' });
    try {
      const nurse = await clinic.join();
      const large = await renderPicture({ seed: 9, width: 640, height: 480, format: 'png' });
      const { body } = await nurse.upload([large.subarray(0, 25_000), ...(await pictures(1, 2))]);
      assert.deepEqual(
        body.errors.map(({ code }) => code),
        ['too_large', 'too_many_files'],
      );
    } finally {
      await clinic.close();
    }
  });
});
