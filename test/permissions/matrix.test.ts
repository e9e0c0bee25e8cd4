import assert from 'node:assert/strict';
import type { AnyProcedure } from '@trpc/server';
import { v7 as uuidv7 } from 'uuid';
import { appRouter } from '../../src/router.js';
import { Cast, everyone, type Who } from './cast.js';

interface Trial {
  what: string;
  /** A call by somebody on a row of the owner's. */
  perform: (who: Who) => Promise<{ status: number }>;
  /** What everybody is answered, in the order of `everyone`; `.` stands for 404. */
  expected: string;
}

const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, AnyProcedure>);

/** For whoever comes, signed in or not. */
const open = new Set(['auth.login', 'auth.refresh', 'auth.csrf', 'users.create', 'service.welcome']);

/**
 * Who may call which procedure on whose row, over HTTP: everyone on rows of one owner. What is not yours is 404; what
 * you may only see is 403. A procedure that has no trial here fails a test.
 */
describe('who may do what to whose row', function () {
  // Some trials derive a key from a password for everyone, at a low priority: on a busy machine a matter of half a minute.
  this.timeout(120_000);
  let cast: Cast;
  before(async () => {
    cast = await Cast.assemble();
  });
  after(() => cast.dismiss());

  let pictures = 100;
  const get = (path: () => string) => (who: Who) => cast.call(who, 'GET', path());
  const post = (path: () => string, json?: (who: Who) => unknown) => (who: Who) =>
    cast.call(who, 'POST', path(), json?.(who));
  /** The newest of the owner's webhooks, or a first one. */
  const ownersWebhook = async () => {
    const { body } = await cast.call<{ id: string }[]>('owner', 'GET', '/webhooks');
    if (body[0]) return body[0].id;
    const hook = { url: 'https://example.com/hook', events: ['qc.completed'] };
    return String((await cast.call('owner', 'POST', '/webhooks', hook)).body.id);
  };
  /** For answers that have no end. */
  const opened = async (who: Who, path: string) => {
    const headers = { Authorization: `Bearer ${cast.people[who].token}` };
    const answer = await fetch(cast.server.url + path, { headers });
    await answer.body?.cancel();
    return answer;
  };
  const request = (path = '') => `/requests/${cast.rows.requestId}${path}`;
  const task = (path = '') => `/tasks/${cast.rows.taskId}${path}`;
  const owner = (path = '') => `/users/${cast.people.owner.id}${path}`;

  const all = (status: string) => everyone.map(() => status).join(' ');
  const administrators = '403 403 403 403 403 403 403 200 200 200 200';
  const ownersReading = '200 . . 403 . 200 . 200 . 200 200';
  const administering = '403 . . 403 . 403 . 200 . 200 200';
  const reading = '200 . . 200 . 200 . 200 . 200 200';

  const matrix: Record<string, Trial[]> = {
    'auth.login': [
      {
        what: 'log in with a wrong password',
        perform: (who) => cast.server.api('POST', '/auth/login', { json: { email: `no ${who}`, password: 'x' } }),
        expected: all('401'),
      },
    ],
    'auth.refresh': [
      {
        what: 'refresh with nonsense',
        perform: post(
          () => '/auth/refresh',
          () => ({ refresh: 'x' }),
        ),
        expected: all('401'),
      },
    ],
    'auth.csrf': [{ what: 'ask for a CSRF token', perform: get(() => '/auth/csrf'), expected: all('204') }],
    'auth.me': [{ what: 'ask who he is', perform: get(() => '/auth/me'), expected: all('200') }],
    'auth.changePassword': [
      {
        what: 'change his password without knowing it',
        perform: post(
          () => '/auth/password',
          () => ({ current_password: 'x', new_password: 'long enough' }),
        ),
        expected: all('400'),
      },
    ],
    'sessions.list': [{ what: 'list his sessions', perform: get(() => '/auth/sessions'), expected: all('200') }],
    'sessions.end': [
      {
        what: 'end a session of the owner',
        perform: async (who) => cast.call(who, 'DELETE', `/auth/sessions/${await cast.session('owner')}`),
        expected: '200 . . . . . . . . . .',
      },
    ],
    'sessions.logOut': [
      {
        what: 'log out',
        perform: async (who) => cast.server.api('POST', '/auth/logout', { token: await cast.freshToken(who) }),
        expected: all('200'),
      },
    ],
    'sessions.logOutEverywhere': [
      {
        what: 'log out everywhere',
        perform: async () => {
          const { token } = await cast.server.signUp();
          return cast.server.api('POST', '/auth/logout/all', { token });
        },
        expected: all('200'),
      },
    ],
    'tokens.create': [
      {
        what: 'make a token',
        perform: post(
          () => '/auth/tokens',
          () => ({ name: 'x' }),
        ),
        expected: all('201'),
      },
    ],
    'tokens.list': [{ what: 'list his tokens', perform: get(() => '/auth/tokens'), expected: all('200') }],
    'tokens.revoke': [
      {
        what: 'revoke a token of the owner',
        perform: async (who) => cast.call(who, 'DELETE', `/auth/tokens/${await cast.token()}`),
        expected: '200 . . . . . . . . . .',
      },
    ],
    'users.create': [
      {
        what: 'register somebody',
        perform: post(
          () => '/users',
          () => ({ email: `${uuidv7()}@example.com`, password: 'SecurePass123', name: 'New' }),
        ),
        expected: all('201'),
      },
      {
        what: 'put a new user into the owner’s organization',
        perform: post(
          () => '/users',
          () => ({
            email: `${uuidv7()}@example.com`,
            password: 'SecurePass123',
            name: 'New',
            organization_id: cast.organizations.home,
          }),
        ),
        expected: '403 403 403 403 403 403 403 201 403 201 201',
      },
    ],
    'users.get': [
      { what: 'look at the owner', perform: get(() => owner()), expected: '200 . . . . . . 200 . 200 200' },
    ],
    'users.update': [
      {
        what: 'rename the owner',
        perform: (who) => cast.call(who, 'PATCH', owner(), { name: 'Renamed' }),
        expected: '200 . . . . . . 200 . 200 200',
      },
      {
        what: 'deactivate a colleague of the owner',
        perform: async (who) => cast.call(who, 'PATCH', `/users/${await cast.member()}`, { is_active: false }),
        expected: '. . . . . . . 200 . 200 200',
      },
      {
        what: 'raise himself',
        perform: (who) => cast.call(who, 'PATCH', `/users/${cast.people[who].id}`, { roles: ['SUPER_ADMIN'] }),
        expected: '403 403 403 403 403 403 403 403 403 403 200',
      },
      {
        what: 'take a SUPER_ADMIN of the owner’s organization his role',
        perform: async (who) => cast.call(who, 'PATCH', `/users/${await cast.member('SUPER_ADMIN')}`, { roles: [] }),
        expected: '. . . . . . . 403 . 403 200',
      },
      {
        what: 'move a colleague of the owner elsewhere',
        perform: async (who) => {
          const json = { organization_id: cast.organizations.away };
          return cast.call(who, 'PATCH', `/users/${await cast.member()}`, json);
        },
        expected: '. . . . . . . 403 . 200 200',
      },
    ],
    'users.delete': [
      {
        what: 'delete a colleague of the owner',
        perform: async (who) => cast.call(who, 'DELETE', `/users/${await cast.member()}`),
        expected: '. . . . . . . 200 . 200 200',
      },
      {
        what: 'delete a SUPER_ADMIN of the owner’s organization',
        perform: async (who) => cast.call(who, 'DELETE', `/admin/users/${await cast.member('SUPER_ADMIN')}`),
        expected: '. . . . . . . 403 . 403 200',
      },
      {
        what: 'delete himself without his password',
        perform: (who) => cast.call(who, 'DELETE', `/users/${cast.people[who].id}`),
        expected: all('400'),
      },
    ],
    'users.adminList': [{ what: 'list users', perform: get(() => '/admin/users'), expected: administrators }],
    'users.grantRole': [
      {
        what: 'make a colleague of the owner a labeler',
        perform: async (who) => cast.call(who, 'POST', `/users/${await cast.member()}/roles`, { role_code: 'LABELER' }),
        expected: '. . . . . . . 200 . 200 200',
      },
      {
        what: 'make him a SUPER_ADMIN',
        perform: async (who) =>
          cast.call(who, 'POST', `/users/${await cast.member()}/roles`, { role_code: 'SUPER_ADMIN' }),
        expected: '. . . . . . . 403 . 403 200',
      },
      {
        what: 'make himself an administrator, the system having some',
        perform: (who) => cast.call(who, 'POST', `/users/${cast.people[who].id}/roles`, { role_code: 'SUPER_ADMIN' }),
        expected: '403 403 403 403 403 403 403 403 403 403 200',
      },
    ],
    'users.removeRole': [
      {
        what: 'take a colleague of the owner the role of labeler',
        perform: async (who) => cast.call(who, 'DELETE', `/users/${await cast.member('LABELER')}/roles/LABELER`),
        expected: '. . . . . . . 200 . 200 200',
      },
      {
        what: 'take one that of SUPER_ADMIN',
        perform: async (who) =>
          cast.call(who, 'DELETE', `/users/${await cast.member('SUPER_ADMIN')}/roles/SUPER_ADMIN`),
        expected: '. . . . . . . 403 . 403 200',
      },
    ],
    'organizations.create': [
      {
        what: 'make an organization',
        perform: post(
          () => '/organizations',
          () => ({ name: uuidv7() }),
        ),
        expected: '403 403 403 403 403 403 403 403 403 403 201',
      },
    ],
    'organizations.list': [{ what: 'list organizations', perform: get(() => '/organizations'), expected: all('200') }],
    'organizations.get': [
      {
        what: 'look at the owner’s organization',
        perform: get(() => `/organizations/${cast.organizations.home}`),
        expected: '200 200 . . 200 200 . 200 . 200 200',
      },
    ],
    'organizations.update': [
      {
        what: 'rename the owner’s organization',
        perform: (who) => cast.call(who, 'PATCH', `/organizations/${cast.organizations.home}`, { name: 'home' }),
        expected: '403 403 . . 403 403 . 403 . 403 200',
      },
    ],
    'organizations.delete': [
      {
        what: 'delete an organization without members',
        perform: async (who) => cast.call(who, 'DELETE', `/organizations/${await cast.organization()}`),
        expected: '. . . . . . . . . 403 204',
      },
    ],
    'cameras.create': [
      {
        what: 'register a camera of the owner’s organization',
        perform: post(
          () => '/cameras',
          () => ({ name: uuidv7(), stream_url: 'rtsp://cam.example/live', organization_id: cast.organizations.home }),
        ),
        expected: '403 403 403 403 403 403 403 201 403 201 201',
      },
    ],
    'cameras.list': [{ what: 'list cameras', perform: get(() => '/cameras'), expected: all('200') }],
    'cameras.get': [
      {
        what: 'look at a camera of the owner’s organization',
        perform: async (who) => cast.call(who, 'GET', `/cameras/${await cast.camera()}`),
        expected: '200 200 . . 200 200 . 200 . 200 200',
      },
    ],
    'cameras.update': [
      {
        what: 'switch a camera off',
        perform: async (who) => cast.call(who, 'PATCH', `/cameras/${await cast.camera()}`, { active: false }),
        expected: '403 403 . . 403 403 . 200 . 200 200',
      },
    ],
    'cameras.delete': [
      {
        what: 'delete a camera',
        perform: async (who) => cast.call(who, 'DELETE', `/cameras/${await cast.camera()}`),
        expected: '403 403 . . 403 403 . 204 . 204 204',
      },
    ],
    'audit.list': [{ what: 'read the audit log', perform: get(() => '/admin/audit'), expected: administrators }],
    'requests.create': [
      {
        what: 'create a request',
        perform: post(
          () => '/requests',
          () => ({ title: 'Another' }),
        ),
        expected: '201 201 201 403 403 403 403 201 201 201 201',
      },
    ],
    'requests.list': [{ what: 'list requests', perform: get(() => '/requests'), expected: all('200') }],
    'requests.adminList': [
      { what: 'list all requests', perform: get(() => '/admin/requests'), expected: administrators },
    ],
    'requests.get': [{ what: 'read the request', perform: get(() => request()), expected: reading }],
    'requests.update': [
      {
        what: 'change the title of the request',
        perform: (who) => cast.call(who, 'PATCH', request(), { title: 'Signs' }),
        expected: '200 . . 403 . 403 . 200 . 200 200',
      },
    ],
    'requests.remove': [
      {
        what: 'delete a request of the owner on which the labeler has a task',
        perform: async (who) => cast.call(who, 'DELETE', `/requests/${await cast.request()}`),
        expected: '200 . . 403 . 403 . 200 . 200 200',
      },
      {
        what: 'delete one that the labeler has begun with',
        perform: async (who) => cast.call(who, 'DELETE', `/requests/${await cast.request('in_progress')}`),
        expected: '409 . . 403 . 403 . 200 . 200 200',
      },
    ],
    'uploads.upload': [
      {
        what: 'upload to the request',
        perform: (who) => cast.sendPicture(who, request('/uploads'), 'files'),
        expected: '200 . . 403 . 403 . 200 . 200 200',
      },
    ],
    'uploads.presign': [
      {
        what: 'presign for the request',
        perform: post(
          () => '/uploads/presign',
          () => ({
            request_id: cast.rows.requestId,
            files: [{ filename: 'a.jpg', content_type: 'image/jpeg' }],
          }),
        ),
        expected: '200 . . 403 . 403 . 200 . 200 200',
      },
    ],
    'uploads.complete': [
      {
        what: 'complete an upload that was never made',
        perform: post(
          () => '/uploads/complete',
          () => ({ request_id: cast.rows.requestId, uploaded: [{ filename: 'a', key: 'none' }] }),
        ),
        expected: '400 . . 403 . 403 . 400 . 400 400',
      },
    ],
    'uploads.list': [{ what: 'list uploads', perform: get(() => request('/uploads')), expected: ownersReading }],
    'uploads.delete': [
      {
        what: 'delete an upload that is not there',
        perform: (who) => cast.call(who, 'DELETE', request(`/uploads/${uuidv7()}`)),
        expected: '. . . 403 . 403 . . . . .',
      },
    ],
    'qc.run': [
      {
        what: 'start quality control, which ends at once for want of a worker to be cancelled',
        perform: async (who) => {
          await cast.server.db('qc_runs').update({ status: 'cancelled' });
          return cast.call(who, 'POST', request('/qc/run'));
        },
        expected: '200 . . 200 . 403 . 200 . 200 200',
      },
    ],
    'webhooks.create': [
      {
        what: 'have an address told of one’s requests',
        perform: post(
          () => '/webhooks',
          () => ({ url: 'https://example.com/hook', events: ['qc.completed'] }),
        ),
        expected: '201 201 201 403 403 403 403 201 201 201 201',
      },
      {
        what: 'have an address told of all that one administers',
        perform: post(
          () => '/webhooks',
          () => ({ url: 'https://example.com/hook', events: ['qc.completed'], scope: 'organization' }),
        ),
        expected: administrators.replaceAll('200', '201'),
      },
    ],
    'webhooks.list': [{ what: 'list webhooks', perform: get(() => '/webhooks'), expected: all('200') }],
    'webhooks.deliveries': [
      {
        what: 'see what was sent to the owner’s webhook',
        perform: async (who) => cast.call(who, 'GET', `/webhooks/${await ownersWebhook()}/deliveries`),
        expected: '200 . . . . . . 200 . 200 200',
      },
    ],
    'webhooks.test': [
      {
        what: 'have the owner’s webhook tested',
        perform: async (who) => cast.call(who, 'POST', `/webhooks/${await ownersWebhook()}/test`),
        expected: '200 . . . . . . 403 . 403 403',
      },
    ],
    'webhooks.delete': [
      {
        what: 'delete the owner’s webhook',
        perform: async (who) => cast.call(who, 'DELETE', `/webhooks/${await ownersWebhook()}`),
        expected: '200 . . . . . . 200 . 200 200',
      },
    ],
    'qc.events': [{ what: 'follow QC live', perform: (who) => opened(who, request('/qc/events')), expected: reading }],
    'qc.status': [
      { what: 'read the state of quality control', perform: get(() => request('/qc/status')), expected: reading },
    ],
    'qc.cancel': [
      {
        what: 'cancel quality control that does not run',
        perform: async (who) => {
          await cast.server.db('qc_runs').update({ status: 'cancelled' });
          return cast.call(who, 'POST', request('/qc/cancel'));
        },
        expected: '409 . . 409 . 403 . 409 . 409 409',
      },
    ],
    'qc.results': [{ what: 'read results', perform: get(() => request('/qc/results')), expected: reading }],
    'duplicates.list': [
      { what: 'look at the duplicates', perform: get(() => request('/duplicates')), expected: reading },
    ],
    'duplicates.resolve': [
      {
        what: 'reject a picture that is not there',
        perform: post(
          () => request('/duplicates/resolve'),
          () => ({ images: [{ image_id: uuidv7(), decision: 'reject' }] }),
        ),
        expected: '200 . . 403 . 403 . 200 . 200 200',
      },
    ],
    'exports.create': [
      {
        what: 'order an export, the one before having ended',
        perform: async (who) => {
          await cast.server.db('exports').update({ status: 'failed' });
          return cast.call(who, 'POST', request('/exports'), { format: 'jsonl' });
        },
        expected: '201 . . 403 . 403 . 201 . 201 201',
      },
    ],
    'exports.list': [{ what: 'list exports', perform: get(() => request('/exports')), expected: ownersReading }],
    'exports.get': [
      {
        what: 'look at an export',
        perform: async (who) => cast.call(who, 'GET', `/exports/${await cast.export()}`),
        expected: ownersReading,
      },
    ],
    'tasks.list': [{ what: 'list tasks', perform: get(() => '/tasks'), expected: all('200') }],
    'tasks.adminList': [{ what: 'list all tasks', perform: get(() => '/admin/tasks'), expected: administrators }],
    'tasks.get': [{ what: 'read the task', perform: get(() => task()), expected: '. . . 200 . 200 . 200 . 200 200' }],
    'tasks.progress': [
      { what: 'read its progress', perform: get(() => task('/progress')), expected: '. . . 200 . 200 . 200 . 200 200' },
    ],
    'tasks.saveLabels': [
      {
        what: 'label an image of it',
        perform: post(
          () => task('/labels'),
          () => ({ image_id: cast.rows.imageId, labels: ['stop'] }),
        ),
        expected: '. . . 200 . 403 . 200 . 200 200',
      },
    ],
    'tasks.complete': [
      {
        what: 'complete the task',
        perform: async (who) => {
          await cast.server.db('tasks').update({ status: 'in_progress' });
          return cast.call(who, 'POST', task('/complete'));
        },
        expected: '. . . 200 . 403 . 200 . 200 200',
      },
    ],
    'tasks.assign': [
      {
        what: 'assign the request to nobody',
        perform: post(
          () => '/admin/assign',
          () => ({ request_id: cast.rows.requestId, labeler_username: 'nobody' }),
        ),
        expected: '403 403 403 403 403 403 403 400 . 400 400',
      },
    ],
    'tasks.distribute': [
      {
        what: 'have the request labelled in whole, as it is',
        perform: post(
          () => '/admin/distribute',
          () => ({ request_id: cast.rows.requestId, overlap: null }),
        ),
        expected: '403 403 403 403 403 403 403 200 . 200 200',
      },
    ],
    'tasks.review': [
      {
        what: 'accept the task, which was handed in',
        perform: async (who) => {
          await cast.server.db('tasks').update({ status: 'done', review: null });
          return cast.call(who, 'POST', task('/review'), { verdict: 'accepted' });
        },
        expected: '. . . 403 . 403 . 200 . 200 200',
      },
    ],
    'tasks.labels': [
      {
        what: 'read the labels of the task',
        perform: get(() => task('/labels')),
        expected: '. . . 200 . 200 . 200 . 200 200',
      },
    ],
    'tasks.reviews': [
      {
        what: 'read what was said of the task',
        perform: get(() => task('/reviews')),
        expected: '. . . 200 . 200 . 200 . 200 200',
      },
    ],
    'tasks.quality': [
      {
        what: 'read how good the labels of the request are',
        perform: get(() => request('/label-quality')),
        expected: administering,
      },
    ],
    'tasks.setGold': [
      {
        what: 'say which labels an image deserves',
        perform: (who) =>
          cast.call(who, 'PUT', request('/gold'), { images: [{ image_id: cast.rows.imageId, labels: ['stop'] }] }),
        expected: administering,
      },
    ],
    'tasks.listGold': [
      { what: 'read which labels images deserve', perform: get(() => request('/gold')), expected: administering },
    ],
    'images.list': [{ what: 'list clinical images', perform: get(() => '/images'), expected: all('200') }],
    'images.upload': [
      {
        what: 'upload clinical images',
        perform: (who) => cast.sendPicture(who, '/images/upload', 'images'),
        expected: '201 201 201 201 201 403 403 201 201 201 201',
      },
    ],
    'images.uploadSingle': [
      {
        what: 'upload a clinical image',
        perform: (who) => cast.sendPicture(who, '/images/upload/single', 'image'),
        expected: '201 201 201 201 201 403 403 201 201 201 201',
      },
    ],
    'images.uploadWithStage': [
      {
        what: 'upload clinical images with a stage',
        perform: (who) => cast.sendPicture(who, '/images/upload/with-stage?stage=stage1', 'images'),
        expected: '201 201 201 201 201 403 403 201 201 201 201',
      },
    ],
    'images.get': [
      {
        what: 'look at a clinical image of the owner',
        perform: get(() => `/images/${cast.rows.clinicalImageId}`),
        expected: '200 200 . . 200 200 . 200 . 200 200',
      },
    ],
    'images.aiHeatmap': [
      {
        what: 'ask where a picture of the request looks generated',
        perform: get(() => `/images/${cast.rows.imageId}/ai-heatmap`),
        expected: reading,
      },
    ],
    'images.delete': [
      {
        what: 'delete a clinical image of the owner',
        perform: async (who) => cast.call(who, 'DELETE', `/images/${await cast.clinicalImage(pictures++)}`),
        expected: '200 403 . . 403 403 403 200 . 200 200',
      },
    ],
    'classifications.create': [
      {
        what: 'classify a clinical image of the owner',
        perform: post(
          () => '/classifications',
          () => ({ image_id: cast.rows.clinicalImageId, stage: 'stage2' }),
        ),
        expected: '201 201 . . 201 403 403 201 . 201 201',
      },
    ],
    'classifications.list': [
      {
        what: 'read the classifications of a clinical image of the owner',
        perform: get(() => `/classifications?image_id=${cast.rows.clinicalImageId}`),
        expected: '200 200 . . 200 200 . 200 . 200 200',
      },
    ],
    'classifications.unclassified': [
      {
        what: 'ask what is left to classify',
        perform: get(() => '/classifications/classification_images'),
        expected: '200 200 200 200 200 403 403 200 200 200 200',
      },
    ],
    'metrics.get': [{ what: 'read the metrics', perform: get(() => '/admin/metrics'), expected: administrators }],
    'references.add': [
      {
        what: 'add a reference image',
        perform: post(
          () => '/admin/references',
          () => ({ references: [{ source_url: 'https://example.com/known.jpg', pdq: 'f8'.repeat(32) }] }),
        ),
        expected: '403 403 403 403 403 403 403 403 403 201 201',
      },
    ],
    'references.list': [
      {
        what: 'list the reference images',
        perform: get(() => '/admin/references'),
        expected: '403 403 403 403 403 403 403 403 403 200 200',
      },
    ],
    'references.delete': [
      {
        what: 'delete a reference image that is not there',
        perform: (who) => cast.call(who, 'DELETE', `/admin/references/${uuidv7()}`),
        expected: '403 403 403 403 403 403 403 403 403 . .',
      },
    ],
    'settings.get': [{ what: 'read the settings', perform: get(() => '/admin/settings'), expected: administrators }],
    'settings.thresholds': [
      { what: 'read the thresholds in force', perform: get(() => '/qc/thresholds'), expected: all('200') },
    ],
    'service.welcome': [{ what: 'ask how to come in', perform: get(() => '/service/welcome'), expected: all('200') }],
    'service.work': [
      { what: 'look at queue and workers', perform: get(() => '/admin/work'), expected: administrators },
    ],
    'settings.update': [
      {
        what: 'change the settings',
        perform: (who) => cast.call(who, 'PUT', '/admin/settings', {}),
        expected: '403 403 403 403 403 403 403 403 403 200 200',
      },
    ],
  };

  for (const [procedure, trials] of Object.entries(matrix)) {
    for (const { what, perform, expected } of trials) {
      it(`${procedure}, ${what}: ${expected}`, async () => {
        const statuses: string[] = [];
        for (const who of everyone) {
          const { status } = await perform(who);
          statuses.push(status === 404 ? '.' : String(status));
        }
        assert.equal(statuses.join(' '), expected, everyone.join(', '));
      });
    }
  }

  it('is tried for every procedure there is', () => {
    assert.deepEqual(procedures.map(([name]) => name).sort(), Object.keys(matrix).sort());
  });
});

/** What no procedure is to be left out of, whatever it does: asked of the router, one by one. */
describe('every procedure', () => {
  let cast: Cast;
  before(async () => {
    cast = await Cast.assemble();
  });
  after(() => cast.dismiss());

  /** With an input that fits none: who calls is looked at first. */
  async function statusOf(name: string, procedure: AnyProcedure, token: string | undefined): Promise<number> {
    const { type, meta } = procedure._def as { type: string; meta?: { multipart?: object } };
    const options = token === undefined ? {} : { token };
    if (type === 'subscription') return statusOfStream(name, options);
    if (type === 'query') return (await cast.server.api('GET', `/trpc/${name}`, options)).status;
    const body = meta?.multipart ? { form: new FormData() } : { json: {} };
    return (await cast.server.api('POST', `/trpc/${name}`, { ...options, ...body })).status;
  }

  /** A refused subscription is a stream of one event that says so. */
  async function statusOfStream(name: string, options: { token?: string }): Promise<number> {
    const { body } = await cast.server.api<string>('GET', `/trpc/${name}`, options);
    const told = /^event: serialized-error\ndata: (.+)$/m.exec(body)?.[1] ?? '{"data":{"httpStatus":200}}';
    return (JSON.parse(told) as { data: { httpStatus: number } }).data.httpStatus;
  }

  const guarded = procedures.filter(([name]) => !open.has(name));
  const mutations = procedures.filter(([, procedure]) => procedure._def.type === 'mutation');

  it('but those that are open turns a stranger away, before it looks at what he wants', async () => {
    for (const [name, procedure] of guarded) assert.equal(await statusOf(name, procedure, undefined), 401, name);
    for (const [name, procedure] of procedures.filter(([name]) => open.has(name))) {
      assert.notEqual(await statusOf(name, procedure, undefined), 401, name);
    }
  });

  it('turns one who was deactivated away, whatever he was', async () => {
    const { token, user } = await cast.server.signUp({ roles: ['SUPER_ADMIN'] });
    await cast.server.db('users').where({ id: user.id }).update({ isActive: false });
    for (const [name, procedure] of guarded) assert.equal(await statusOf(name, procedure, token), 401, name);
  });

  it('that changes anything is closed to a token that may only read', async () => {
    const json = { name: 'dashboard', scope: 'read' };
    const { body } = await cast.call('super admin', 'POST', '/auth/tokens', json);
    for (const [name, procedure] of mutations) {
      assert.equal(await statusOf(name, procedure, body.token as string), 403, name);
    }
  });

  it('that changes anything of others is closed to one who only views', async () => {
    const ownAccount = /^(auth|sessions|tokens|users)\./;
    const json = { request_id: cast.rows.requestId, image_id: cast.rows.clinicalImageId };
    for (const [name] of mutations.filter(([name]) => !ownAccount.test(name))) {
      const { status } = await cast.server.api('POST', `/trpc/${name}`, { token: cast.people.viewer.token, json });
      assert.ok([400, 403, 404].includes(status), `${name}: ${status}`);
    }
  });
});
