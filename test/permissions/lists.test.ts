import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import { Camera } from '../../models/camera.js';
import { DatasetRequest } from '../../models/dataset-request.js';
import { WorkerProcess } from '../../models/worker-process.js';
import { Cast, everyone, type Who } from './cast.js';

describe('what lists show to whom', () => {
  let cast: Cast;
  before(async () => {
    cast = await Cast.assemble();
    await cast.call('stranger', 'POST', '/requests', { title: 'Elsewhere' });
    await cast.camera();
  });
  after(() => cast.dismiss());

  const idsIn = async (who: Who, path: string) =>
    (await cast.call<{ id: string }[]>(who, 'GET', path)).body.map(({ id }) => id).sort();
  const opens = async (who: Who, path: string) => (await cast.call(who, 'GET', path)).status === 200;

  async function openedBy(who: Who, ids: readonly string[], pathOf: (id: string) => string): Promise<string[]> {
    const opened: string[] = [];
    for (const id of ids) if (await opens(who, pathOf(id))) opened.push(id);
    return opened.sort();
  }

  it('is each request that he may read', async () => {
    const requests = await DatasetRequest.query(cast.server.db);
    for (const who of everyone) {
      const ids = requests.map(({ id }) => id);
      assert.deepEqual(await idsIn(who, '/requests'), await openedBy(who, ids, (id) => `/requests/${id}`), who);
    }
  });

  it('is each task that he may read', async () => {
    const { taskId } = cast.rows;
    for (const who of everyone) {
      assert.deepEqual(await idsIn(who, '/tasks'), await openedBy(who, [taskId], (id) => `/tasks/${id}`), who);
    }
  });

  it('is each clinical image that he may see', async () => {
    const { clinicalImageId } = cast.rows;
    for (const who of everyone) {
      const opened = await openedBy(who, [clinicalImageId], (id) => `/images/${id}`);
      assert.deepEqual(await idsIn(who, '/images'), opened, who);
    }
  });

  it('is each camera and organization that he may look at', async () => {
    const cameras = (await Camera.query(cast.server.db)).map(({ id }) => id);
    const organizations = Object.values(cast.organizations);
    for (const who of everyone) {
      assert.deepEqual(await idsIn(who, '/cameras'), await openedBy(who, cameras, (id) => `/cameras/${id}`), who);
      const opened = await openedBy(who, organizations, (id) => `/organizations/${id}`);
      assert.deepEqual(await idsIn(who, '/organizations'), opened, who);
    }
  });

  it('is, to an administrator, each user that he administers', async () => {
    const users = everyone.map((who) => cast.people[who].id);
    for (const who of ['admin', 'foreign admin', 'general admin', 'super admin'] as const) {
      assert.deepEqual(await idsIn(who, '/admin/users'), await openedBy(who, users, (id) => `/users/${id}`), who);
    }
    assert.equal((await idsIn('general admin', '/admin/users')).length, everyone.length);
  });

  it('is, to administrators of all organizations alone, what the machines of the workers are called', async () => {
    const worker = { id: uuidv7(), host: 'db-7.internal', threads: 2, poolIds: [] };
    const stageSeconds = { decode: 0, hash: 0, detect: 0, provenance: 0, thumbnail: 0 };
    const stats = { imagesAnalysed: 0, analysisFailures: 0, stageSeconds };
    await WorkerProcess.query(cast.server.db).insert({ ...worker, stats });
    for (const who of ['admin', 'general admin', 'super admin'] as const) {
      const { body } = await cast.call<{ workers: { host: string | null; threads: number }[] }>(
        who,
        'GET',
        '/admin/work',
      );
      const host = who === 'admin' ? null : 'db-7.internal';
      assert.deepEqual(
        body.workers.map(({ host, threads }) => ({ host, threads })),
        [{ host, threads: 2 }],
        who,
      );
    }
  });
});
