import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import { DatasetRequest } from '../../models/dataset-request.js';
import { Organization } from '../../models/organization.js';
import { Task } from '../../models/task.js';
import type { RoleCode } from '../../models/user-role.js';
import { renderPicture } from '../support/pictures.js';
import { startTestServer, type TestServer } from '../support/server.js';

interface Person {
  token: string;
  id: string;
}

/**
 * The rules of `policies.test.ts` as they are met over HTTP: on rows of two organizations, by everyone, on every
 * address that names a row. What is not yours is 404; what you may only see is 403.
 */
describe('who gets at which row', () => {
  let server: TestServer;
  const people: Record<string, Person> = {};
  let requestId: string;
  let imageId: string;
  let taskId: string;

  before(async () => {
    server = await startTestServer();
    const [home, away] = await Promise.all(['home', 'away'].map((name) => createOrganization(name)));
    const cast: [string, RoleCode[], string | null | undefined][] = [
      ['owner', [], home],
      ['colleague', ['CUSTOMER'], home],
      ['stranger', ['CUSTOMER'], away],
      ['labeler', ['LABELER'], away],
      ['idle labeler', ['LABELER'], home],
      ['viewer', ['VIEWER'], home],
      ['foreign viewer', ['VIEWER'], away],
      ['admin', ['ADMIN'], home],
      ['foreign admin', ['ADMIN'], away],
      ['general admin', ['ADMIN'], null],
      ['super admin', ['SUPER_ADMIN'], null],
    ];
    for (const [name, roles, organizationId = null] of cast) {
      const { token, user } = await server.signUp({ roles, organizationId });
      people[name] = { token, id: user.id };
    }
    const created = await call('owner', 'POST', '/requests', { title: 'Signs', classes: ['stop'] });
    requestId = created.body.id as string;
    await upload('owner');
    const [image] = (await call<{ image_id: string }[]>('owner', 'GET', `/requests/${requestId}/uploads`)).body;
    imageId = image?.image_id ?? '';
    taskId = uuidv7();
    const assignment = { labelerId: idOf('labeler'), assignedBy: idOf('general admin') };
    await Task.query(server.db).insert({ id: taskId, requestId, ...assignment });
  });

  after(() => server.stop());

  async function createOrganization(name: string): Promise<string> {
    const id = uuidv7();
    await Organization.query(server.db).insert({ id, name });
    return id;
  }

  const idOf = (name: string) => people[name]?.id ?? '';

  function call<Body = Record<string, unknown>>(who: string, method: string, path: string, json?: unknown) {
    return server.api<Body>(method, path, { token: people[who]?.token ?? '', json });
  }

  async function upload(who: string) {
    const form = new FormData();
    form.append('files', new File([new Uint8Array(await renderPicture({ seed: 1, width: 64, height: 64 }))], 'a.jpg'));
    return server.api('POST', `/requests/${requestId}/uploads`, { token: people[who]?.token ?? '', form });
  }

  /** Columns: the people above in order; `.` stands for 404. */
  const columns = [
    'owner',
    'colleague',
    'stranger',
    'labeler',
    'idle labeler',
    'viewer',
    'foreign viewer',
    'admin',
    'foreign admin',
    'general admin',
    'super admin',
  ];

  const matrix: [string, (who: string) => Promise<{ status: number }>, string][] = [
    ['read the request', (who) => call(who, 'GET', `/requests/${requestId}`), '200 . . 200 . 200 . 200 . 200 200'],
    [
      'list its uploads',
      (who) => call(who, 'GET', `/requests/${requestId}/uploads`),
      '200 . . 403 . 200 . 200 . 200 200',
    ],
    ['upload to it', upload, '200 . . 403 . 403 . 200 . 200 200'],
    [
      'presign for it',
      (who) =>
        call(who, 'POST', '/uploads/presign', {
          request_id: requestId,
          files: [{ filename: 'a.jpg', content_type: 'image/jpeg' }],
        }),
      '200 . . 403 . 403 . 200 . 200 200',
    ],
    [
      'complete an upload that was never made',
      (who) =>
        call(who, 'POST', '/uploads/complete', { request_id: requestId, uploaded: [{ filename: 'a', key: 'none' }] }),
      '400 . . 403 . 403 . 400 . 400 400',
    ],
    [
      'delete an upload that is not there',
      (who) => call(who, 'DELETE', `/requests/${requestId}/uploads/${uuidv7()}`),
      '. . . 403 . 403 . . . . .',
    ],
    [
      'read QC results',
      (who) => call(who, 'GET', `/requests/${requestId}/qc/results`),
      '200 . . 200 . 200 . 200 . 200 200',
    ],
    [
      'read the QC status',
      (who) => call(who, 'GET', `/requests/${requestId}/qc/status`),
      '200 . . 200 . 200 . 200 . 200 200',
    ],
    [
      'cancel QC that does not run',
      (who) => call(who, 'POST', `/requests/${requestId}/qc/cancel`),
      '409 . . 409 . 403 . 409 . 409 409',
    ],
    ['read the task', (who) => call(who, 'GET', `/tasks/${taskId}`), '. . . 200 . 200 . 200 . 200 200'],
    ['read its progress', (who) => call(who, 'GET', `/tasks/${taskId}/progress`), '. . . 200 . 200 . 200 . 200 200'],
    [
      'label an image of it',
      (who) => call(who, 'POST', `/tasks/${taskId}/labels`, { image_id: imageId, labels: ['stop'] }),
      '. . . 200 . 403 . 200 . 200 200',
    ],
    [
      'assign the request to nobody',
      (who) => call(who, 'POST', '/admin/assign', { request_id: requestId, labeler_username: 'nobody' }),
      '403 403 403 403 403 403 403 400 . 400 400',
    ],
    ['list users', (who) => call(who, 'GET', '/admin/users'), '403 403 403 403 403 403 403 200 200 200 200'],
    ['list all requests', (who) => call(who, 'GET', '/admin/requests'), '403 403 403 403 403 403 403 200 200 200 200'],
    ['list all tasks', (who) => call(who, 'GET', '/admin/tasks'), '403 403 403 403 403 403 403 200 200 200 200'],
    ['read the settings', (who) => call(who, 'GET', '/admin/settings'), '403 403 403 403 403 403 403 200 200 200 200'],
    [
      'change the settings',
      (who) => call(who, 'PUT', '/admin/settings', {}),
      '403 403 403 403 403 403 403 403 403 200 200',
    ],
    [
      'create a request',
      (who) => call(who, 'POST', '/requests', { title: 'Another' }),
      '201 201 201 403 403 403 403 201 201 201 201',
    ],
    [
      'raise a user of another organization',
      (who) => call(who, 'POST', `/users/${idOf('stranger')}/roles`, { role_code: 'LABELER' }),
      '. . 403 . . . . . 200 200 200',
    ],
  ];

  for (const [operation, perform, expected] of matrix) {
    it(`${operation}: ${expected}`, async () => {
      const statuses: string[] = [];
      for (const who of columns) {
        const { status } = await perform(who);
        statuses.push(status === 404 ? '.' : String(status));
      }
      assert.equal(statuses.join(' '), expected, columns.join(', '));
    });
  }

  it('answers 401 to an anonymous caller before anything else', async () => {
    for (const [method, path] of [
      ['GET', '/requests'],
      ['GET', `/requests/${requestId}`],
      ['GET', `/requests/${uuidv7()}`],
      ['POST', `/requests/${requestId}/uploads`],
      ['GET', `/tasks/${taskId}`],
      ['GET', '/admin/users'],
    ] as const) {
      assert.equal((await server.api(method, path)).status, 401, `${method} ${path}`);
    }
  });

  it('lists to each exactly what he may read', async () => {
    const others = await DatasetRequest.query(server.db);
    for (const who of columns) {
      const listed = (await call<{ id: string }[]>(who, 'GET', '/requests')).body.map(({ id }) => id);
      const readable: string[] = [];
      for (const { id } of others) {
        if ((await call(who, 'GET', `/requests/${id}`)).status === 200) readable.push(id);
      }
      assert.deepEqual([...listed].sort(), readable.sort(), who);

      const tasks = (await call<{ id: string }[]>(who, 'GET', '/tasks')).body.map(({ id }) => id);
      const mayRead = (await call(who, 'GET', `/tasks/${taskId}`)).status === 200;
      assert.deepEqual(tasks, mayRead ? [taskId] : [], who);
    }
  });

  it('lists to an administrator the users of his organization only', async () => {
    const ids = async (who: string) =>
      (await call<{ id: string }[]>(who, 'GET', '/admin/users')).body.map(({ id }) => id).sort();
    const home = ['owner', 'colleague', 'idle labeler', 'viewer', 'admin'].map(idOf).sort();
    assert.deepEqual(await ids('admin'), home);
    assert.equal((await ids('general admin')).length, columns.length);
  });

  it('lets nobody who was deactivated in, whatever token he holds', async () => {
    const { token, user } = await server.signUp({ roles: ['SUPER_ADMIN'] });
    assert.equal((await server.api('GET', '/admin/users', { token })).status, 200);
    await server.db('users').where({ id: user.id }).update({ isActive: false });
    assert.equal((await server.api('GET', '/admin/users', { token })).status, 401);
  });
});
