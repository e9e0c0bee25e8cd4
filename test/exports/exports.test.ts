import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import { DatasetExport } from '../../models/dataset-export.js';
import { Image } from '../../models/image.js';
import { QcResult } from '../../models/qc-result.js';
import { QcRun } from '../../models/qc-run.js';
import { DomainError } from '../../src/errors.js';
import { MOST_OF_CUSTOMER, MOST_OF_REQUEST, MOST_UNDER_WAY } from '../../src/features/exports/create.js';
import { DOWNLOAD_EXPIRES_IN_SECONDS, ExportUrls } from '../../src/features/exports/export-urls.js';
import { exportFormats } from '../../src/features/exports/format.js';
import { sweepExports } from '../../src/features/exports/sweep.js';
import { jobHandlers, type Worker } from '../../src/jobs.js';
import type { Storage } from '../../src/storage/storage.js';
import { type S3Fixture, s3Storage } from '../storage/storage-fixtures.js';
import { until } from '../support/processes.js';
import { startTestWorker } from '../support/qc.js';
import { startTestServer } from '../support/server.js';
import { Exporter, readZip } from './exporter.js';

describe('exports', () => {
  let exporter: Exporter;
  beforeEach(async () => {
    exporter = await Exporter.start(['stop']);
    await exporter.upload('a.jpg', 'b.jpg', 'c.jpg');
  });
  afterEach(() => exporter.server.stop());

  const jobs = async (name: string) => {
    const { rows } = await exporter.server.db.raw<{ rows: { key: string }[] }>(
      'select key from graphile_worker.jobs where task_identifier = ?',
      [name],
    );
    return rows.map(({ key }) => key);
  };

  it('are made in the background, with progress, and fetched once they are complete', async () => {
    const { status, body } = await exporter.order('jsonl');
    assert.equal(status, 201);
    assert.deepEqual(
      [body.status, body.images_total, body.images_done, body.download_url, body.include_rejected],
      ['queued', 3, 0, null, false],
    );
    assert.deepEqual(await jobs('makeExport'), [`makeExport:${body.id}`]);
    await exporter.make(body.id);
    const done = await exporter.get(body.id);
    assert.deepEqual([done.status, done.images_done], ['completed', 3]);
    const answer = await fetch(done.download_url ?? '');
    assert.equal(answer.headers.get('content-type'), 'application/x-ndjson');
    assert.match(
      answer.headers.get('content-disposition') ?? '',
      /^attachment; filename=.?Street_signs-jsonl-[\d-]+\.jsonl/,
    );
    assert.equal((await answer.arrayBuffer()).byteLength, done.size_bytes);
  });

  it('of one kind are made one at a time, also of orders at the same moment', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => exporter.order('csv')));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409, 409, 409]);
    assert.equal((await exporter.order('csv', true)).status, 201, 'of another kind');
    const made = answers.find(({ status }) => status === 201);
    await exporter.make(made?.body.id ?? '');
    assert.equal((await exporter.order('csv')).status, 201, 'once it is complete');
  });

  it('are of a known format', async () => {
    const { status, body } = await exporter.order('exe');
    assert.equal(status, 400);
    assert.deepEqual(Object.keys(body.errors as object), ['format']);
  });

  it('of a request without images are whole and empty', async () => {
    const empty = await Exporter.start(['stop'], exporter.server);
    for (const format of ['jsonl', 'csv', 'coco', 'imagefolder', 'huggingface', 'qc_csv', 'qc_html']) {
      await empty.export(format);
      assert.equal((await empty.order(format)).status, 201, format);
    }
    const rows = await DatasetExport.query(exporter.server.db).where({ requestId: empty.requestId });
    assert.equal(rows.filter(({ status }) => status === 'completed').length, 7);
  });

  it('leave out a picture whose file is gone, and say so', async () => {
    const image = await Image.query(exporter.server.db).findOne({ filename: 'b.jpg' });
    await exporter.server.services.storage.delete([image?.storageKey ?? '']);
    const files = readZip(await exporter.export('huggingface'));
    assert.equal(files.size, 3);
    assert.doesNotMatch(files.get('metadata.jsonl')?.toString() ?? '', /"b\.jpg"/);
    const [row] = await DatasetExport.query(exporter.server.db);
    assert.deepEqual([row?.imagesDone, row?.imagesMissing], [3, 1]);
  });

  it('stand in a list, newest first, and give way to newer ones when there are too many', async () => {
    for (let made = 0; made <= MOST_OF_REQUEST; made += 1) await exporter.export('csv');
    const path = `/requests/${exporter.requestId}/exports`;
    const list = await exporter.server.api<{ id: string }[]>('GET', `${path}?limit=5`, { token: exporter.token });
    assert.equal(list.headers.get('X-Total-Count'), String(MOST_OF_REQUEST));
    assert.match(list.headers.get('Link') ?? '', /rel="next"/);
    const ids = list.body.map(({ id }) => id);
    assert.deepEqual(ids, [...ids].sort().reverse());
    assert.equal((await jobs('deleteObjects')).length, 1);
  });

  it('of one customer are made ten at a time, whatever their requests, and of the others all the same', async () => {
    const { server } = exporter;
    const { body } = await server.api('POST', '/requests', { token: exporter.token, json: { title: 'More signs' } });
    const orderOfOther = (format: string) =>
      server.api('POST', `/requests/${body.id as string}/exports`, { token: exporter.token, json: { format } });
    for (const format of exportFormats) assert.equal((await exporter.order(format)).status, 201);
    for (const format of exportFormats.slice(0, MOST_UNDER_WAY - exportFormats.length - 1)) {
      assert.equal((await orderOfOther(format)).status, 201);
    }
    const last = await Promise.all([orderOfOther('qc_csv'), orderOfOther('qc_html'), exporter.order('csv', true)]);
    assert.deepEqual(last.map(({ status }) => status).sort(), [201, 409, 409]);
    const refused = last.find(({ status }) => status === 409)?.body as { detail: string };
    assert.match(refused.detail, /^10 exports of this customer's requests are being made/);

    const other = await Exporter.start(['stop'], server);
    assert.equal((await other.order('csv')).status, 201);
    const made = await DatasetExport.query(server.db).findOne({ status: 'queued' }).throwIfNotFound();
    await exporter.make(made.id);
    assert.equal((await exporter.order('csv', true)).status, 201);
  });

  it('of one customer give way to newer ones when his requests have too many together', async () => {
    const { server, requestId, userId } = exporter;
    const { body } = await server.api('POST', '/requests', { token: exporter.token, json: { title: 'More signs' } });
    const request = { requestId: body.id as string, requestedBy: userId, format: 'csv', includeRejected: false };
    const ids = Array.from({ length: MOST_OF_CUSTOMER }, () => uuidv7());
    const ended = { ...request, status: 'failed', imagesTotal: 0 } as const;
    await DatasetExport.query(server.db).insert(ids.map((id) => ({ ...ended, id })) as never);
    const { body: made } = await exporter.order('csv');
    const left = await DatasetExport.query(server.db).orderBy('id').select('id', 'requestId');
    assert.deepEqual(
      left.map(({ id }) => id),
      [...ids.slice(1), made.id],
    );
    assert.equal(left.at(-1)?.requestId, requestId);
  });

  describe('that are interrupted', () => {
    /** The server's storage but for what a test does otherwise. */
    const storageWith = (other: Partial<Storage>): Storage => {
      const { storage } = exporter.server.services;
      const put: Storage['put'] = (...terms) => storage.put(...terms);
      const open: Storage['open'] = (key) => storage.open(key);
      return Object.assign(Object.create(storage) as Storage, { put, open, ...other });
    };

    it('by a picture that took the process along draw it with care when they are made again', async () => {
      const { db, services } = exporter.server;
      const { id } = (await exporter.order('qc_html')).body;
      const [image] = await Image.query(db).where({ requestId: exporter.requestId });
      const { requestId, userId: startedBy } = exporter;
      const runId = uuidv7();
      await QcRun.query(db).insert({ id: runId, requestId, startedBy, scope: 'customer', status: 'completed' });
      await QcResult.query(db).insert({
        ...{ imageId: image?.id ?? '', requestId, runId },
        ...{ duplicateScore: 0, aiGeneratedScore: 1, findings: [], analyserVersion: 'any' },
      });
      const pool = { thumbnail: () => Promise.reject(new Error('It would take the process along')) };
      const drawn = { webp: null, undecodable: 'It took a process along', lasting: true, milliseconds: 0 };
      const apart = { thumbnail: () => Promise.resolve(drawn) };
      const worker = { db, storage: services.storage, maxPixels: 1e6, pool, apart } as unknown as Worker;
      const job = { shutdown: new AbortController().signal, maxAttempts: 5 };
      const { makeExport } = jobHandlers(worker, undefined as never);
      await assert.rejects(makeExport({ exportId: id }, { ...job, attempt: 1 }));
      await makeExport({ exportId: id }, { ...job, attempt: 2 });
      assert.equal((await exporter.get(id)).status, 'completed');
    });

    it('by the end of the process go back into the queue, and nobody sees half a file', async () => {
      const { id } = (await exporter.order('imagefolder')).body;
      const shutdown = new AbortController();
      const storage = storageWith({
        open: (key) => {
          shutdown.abort();
          return exporter.server.services.storage.open(key);
        },
      });
      await exporter.make(id, { shutdown: shutdown.signal, storage });
      assert.equal((await exporter.get(id)).status, 'queued');
      assert.equal(await exporter.server.services.storage.head(`exports/${id}.zip`), undefined);
      assert.deepEqual(await jobs('makeExport'), [`makeExport:${id}`]);

      await exporter.make(id);
      const done = await exporter.get(id);
      assert.deepEqual([done.status, done.images_done], ['completed', 3]);
      assert.equal(readZip(await exporter.download(id)).size, 3);
    });

    it('by kill -9 in mid-file are made from the beginning by another process', async () => {
      const { server } = exporter;
      const image = await Image.query(server.db).findOne({ filename: 'c.jpg' });
      const picture = join(server.services.config.dataDir, 'storage/objects', image?.storageKey ?? '');
      await rename(picture, `${picture}.aside`);
      // Whoever opens a pipe that nobody writes to waits.
      await promisify(execFile)('mkfifo', [picture]);
      const { id } = (await exporter.order('imagefolder')).body;
      const incoming = join(server.services.config.dataDir, 'storage/incoming');
      const isArchive = async (name: string) => (await readFile(join(incoming, name), 'latin1')).startsWith('PK');
      const doomed = startTestWorker(server);
      await until('the archive has begun', async () => {
        const begun = await Promise.all((await readdir(incoming)).map((name) => isArchive(name).catch(() => false)));
        return begun.includes(true);
      });
      await doomed.stop('SIGKILL');
      assert.equal((await exporter.get(id)).status, 'running');
      assert.equal(await server.services.storage.head(`exports/${id}.zip`), undefined);

      await rename(`${picture}.aside`, picture);
      await server.db.raw(
        `select graphile_worker.force_unlock_workers(array_agg(locked_by)) from graphile_worker._private_jobs
         where locked_by is not null`,
      );
      const worker = startTestWorker(server);
      await until('it is complete', async () => (await exporter.get(id)).status === 'completed');
      await worker.stop();
      assert.equal(readZip(await exporter.download(id)).size, 3);
    });

    it('too often, or fail too often, are failed and say so', async () => {
      const { id } = (await exporter.order('imagefolder')).body;
      const storage = storageWith({ put: () => Promise.reject(new Error('internal detail')) });
      await assert.rejects(exporter.make(id, { storage, attempt: 4 }));
      assert.equal((await exporter.get(id)).status, 'running');
      await assert.rejects(exporter.make(id, { storage, attempt: 5 }));
      const failed = await exporter.get(id);
      assert.equal(failed.status, 'failed');
      assert.match(failed.error ?? '', /Order it again/);
      assert.doesNotMatch(failed.error ?? '', /internal/);
      assert.equal((await exporter.order('imagefolder')).status, 201);

      const [stranded] = await DatasetExport.query(exporter.server.db).where({ status: 'queued' });
      await exporter.server.db.raw('delete from graphile_worker._private_jobs');
      await sweepExports(exporter.server.db);
      assert.equal((await exporter.get(stranded?.id ?? '')).status, 'failed');
    });

    it('by a storage that is full in mid-file are tried again, and say at last what was the matter', async () => {
      const { id } = (await exporter.order('huggingface')).body;
      const storage = storageWith({
        put: async (_key, body) => {
          for await (const chunk of body) if ((chunk as Buffer).length > 0) break;
          throw new DomainError('storage_full', 'The storage is full.');
        },
      });
      await assert.rejects(exporter.make(id, { storage }));
      assert.equal((await exporter.get(id)).status, 'running');
      await assert.rejects(exporter.make(id, { storage, attempt: 5 }));
      assert.equal((await exporter.get(id)).error, 'The storage is full.');
    });

    it('after they were completed are left as they are', async () => {
      const { id } = (await exporter.order('jsonl')).body;
      await exporter.make(id);
      const { storage } = exporter.server.services;
      const before = await storage.head(`exports/${id}.jsonl`);
      await exporter.make(id);
      assert.deepEqual(await storage.head(`exports/${id}.jsonl`), before);
    });

    it('because somebody deleted them leave no file', async () => {
      const { id } = (await exporter.order('imagefolder')).body;
      const storage = storageWith({
        put: async (...terms) => {
          await DatasetExport.query(exporter.server.db).deleteById(id);
          return exporter.server.services.storage.put(...terms);
        },
      });
      await exporter.make(id, { storage });
      const { rows } = await exporter.server.db.raw<{ rows: { payload: { keys: string[] } }[] }>(
        `select payload from graphile_worker._private_jobs where payload::text like '%exports/%'`,
      );
      assert.deepEqual(rows[0]?.payload.keys, [`exports/${id}.zip`]);
    });
  });

  it('are deleted with their files after a week, and no sooner', async () => {
    const ids: string[] = [];
    for (const format of ['csv', 'jsonl', 'coco']) {
      const { id } = (await exporter.order(format)).body;
      await exporter.make(id);
      ids.push(id);
    }
    const age = (id: string | undefined, hours: number) =>
      exporter.server
        .db('exports')
        .where({ id })
        .update({ created_at: new Date(Date.now() - hours * 3_600_000) });
    await age(ids[0], 7 * 24 + 1);
    await age(ids[1], 7 * 24 - 1);
    await sweepExports(exporter.server.db);
    const left = await DatasetExport.query(exporter.server.db).orderBy('id');
    assert.deepEqual(
      left.map(({ id }) => id),
      ids.slice(1),
    );
    assert.equal((await jobs('deleteObjects')).length, 1);
  });

  describe('have addresses that', () => {
    const open = (url: string | URL, init: RequestInit = {}) => fetch(url, { redirect: 'manual', ...init });

    it('lead to storage without credentials, and to nothing when changed', async () => {
      const { id } = (await exporter.order('csv')).body;
      await exporter.make(id);
      const url = (await exporter.get(id)).download_url ?? '';
      const redirect = await open(url);
      assert.equal(redirect.status, 302);
      assert.equal(redirect.headers.get('cache-control'), 'no-store');
      const stored = redirect.headers.get('location') ?? '';
      assert.match(stored, /\/storage\/exports\/.*signature=/);

      const { server } = exporter;
      const foreign = new ExportUrls({ publicUrl: server.url, signingKey: 'of another service' });
      const changed = (name: string, value: string) => {
        const other = new URL(url);
        other.searchParams.set(name, value);
        return other;
      };
      for (const other of [
        changed('signature', 'A'.repeat(43)),
        changed('expires', '99999999999'),
        url.replace(id, uuidv7()),
        foreign.download({ id, status: 'completed' }) ?? '',
        server.services.exportUrls.download({ id: uuidv7(), status: 'completed' }) ?? '',
        server.services.exportUrls.download({ id: '%27', status: 'completed' }) ?? '',
      ]) {
        assert.equal((await open(other)).status, 404, String(other));
      }
      const renamed = new URL(stored);
      renamed.searchParams.set('disposition', 'inline; filename=evil.html');
      assert.equal((await open(renamed)).status, 403);
    });

    it('expire within the hour', () => {
      const { exportUrls } = exporter.server.services;
      const id = uuidv7();
      const query = new URL(exportUrls.download({ id, status: 'completed' }) ?? '').searchParams;
      const realNow = Date.now;
      try {
        Date.now = () => realNow() + DOWNLOAD_EXPIRES_IN_SECONDS * 1000;
        assert.equal(exportUrls.isSigned(id, query), false);
      } finally {
        Date.now = realNow;
      }
      assert.equal(exportUrls.isSigned(id, query), true);
    });
  });
});

describe('exports in S3', () => {
  let s3: S3Fixture;
  let exporter: Exporter;
  before(async () => {
    s3 = await s3Storage();
    exporter = await Exporter.start(['stop'], await startTestServer({ env: { STORAGE_URL: s3.storageUrl } }));
  });
  after(async () => {
    await exporter.server.stop();
    await s3.close();
  });

  it('are streamed there, larger pictures too, and saved under a name', async () => {
    const [image] = await exporter.upload('a.jpg', 'b.jpg');
    const { db, services } = exporter.server;
    const large = Buffer.alloc(9 * 1024 * 1024, 'picture');
    await services.storage.put(image?.storageKey ?? '', Readable.from([large]), 'image/jpeg');
    await Image.query(db)
      .findById(image?.id ?? '')
      .patch({ bytes: large.length });
    const { id } = (await exporter.order('imagefolder')).body;
    await exporter.make(id);
    const answer = await fetch((await exporter.get(id)).download_url ?? '');
    assert.match(answer.headers.get('content-disposition') ?? '', /^attachment; filename=.*Street_signs-imagefolder-/);
    const sizes = [...readZip(Buffer.from(await answer.arrayBuffer())).values()].map((bytes) => bytes.length);
    assert.equal(sizes[0], large.length);
    assert.equal(sizes.length, 2);
  });
});
