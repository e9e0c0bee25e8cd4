import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { createClient } from '../../client/index.js';
import { renderPicture, truncate } from '../support/pictures.js';
import { startService, type Service } from '../support/processes.js';
import { StreamlitClient } from './streamlit-client.js';

const PASSWORD = 'SecurePass123';

/**
 * The whole service as `npm start` runs it, driven as the Streamlit UI drives it. The steps build on each other, as
 * they do for its users.
 */
describe('the dataset platform contract, played by the Streamlit client', function () {
  this.timeout(60_000);

  let service: Service;
  let universal: StreamlitClient;
  let customer: StreamlitClient;
  let labeler: StreamlitClient;
  let admin: StreamlitClient;
  let requestId: string;
  let taskId: string;

  before(async () => {
    service = await startService({ ADMIN_EMAIL: 'root@example.com', ADMIN_PASSWORD: PASSWORD });
    universal = new StreamlitClient(service.url);
    await universal.login('root@example.com', PASSWORD);
    await signUp('carla', 'CUSTOMER');
    await signUp('lena', 'LABELER');
    await signUp('adam', 'ADMIN');
    customer = new StreamlitClient(service.url);
    labeler = new StreamlitClient(service.url);
    admin = new StreamlitClient(service.url);
  });

  after(() => service.stop());

  async function signUp(username: string, role: string): Promise<void> {
    const root = createClient({ url: service.url });
    const { access_token: token } = await root.auth.login.mutate({ username: 'root@example.com', password: PASSWORD });
    const email = `${username}@example.com`;
    const user = await root.users.create.mutate({ email, username, name: username, password: PASSWORD });
    await createClient({ url: service.url, token }).users.grantRole.mutate({ id: user.id, role_code: role });
  }

  async function qcFinished(client: StreamlitClient, pictures: number) {
    for (let tries = 0; tries < 200; tries += 1) {
      const { body } = await client.qcResults(requestId);
      const status = (await client.requests()).body.find(({ id }) => id === requestId)?.status;
      if (body.length === pictures && status !== 'in_qc') return body;
      await sleep(100);
    }
    throw new Error('QC does not finish');
  }

  it('finds the service healthy and shows why', async () => {
    const { body } = await customer.health();
    assert.equal(body.status, 'ok');
    assert.ok('database' in body && 'storage' in body && 'queue' in body && 'workers' in body && 'version' in body);
  });

  it('signs each user in with the role the UI knows him by', async () => {
    assert.equal(universal.role, 'universal');
    assert.equal((await customer.login('carla', PASSWORD)).body.role, 'customer');
    assert.equal((await labeler.login('LENA@example.com', PASSWORD)).body.role, 'labeler');
    assert.equal((await admin.login('adam', PASSWORD)).body.role, 'admin');
  });

  it('answers 401 with a sentence to a wrong password', async () => {
    const { status, body } = await new StreamlitClient(service.url).login('carla', 'wrong password');
    assert.equal(status, 401);
    assert.equal(body.detail, body.message);
  });

  it('takes a request and lists it', async () => {
    const order = { title: 'Street signs', description: 'Signs in rain', classes: ['stop', 'yield'] };
    const { status, body } = await customer.createRequest(order);
    assert.equal(status, 201);
    requestId = body.id as string;
    const { created_at, ...rest } = body;
    assert.ok(!Number.isNaN(Date.parse(created_at as string)));
    assert.deepEqual({ ...rest, owner_id: undefined }, { ...order, id: requestId, status: 'new', owner_id: undefined });
    assert.deepEqual(
      (await customer.requests()).body.map(({ id }) => id),
      [requestId],
    );
  });

  it('takes pictures by form, counts repeats and names what it refuses', async () => {
    const picture = await renderPicture({ seed: 1 });
    const { status, body } = await customer.upload(requestId, {
      'one.jpg': picture,
      'two.png': await renderPicture({ seed: 2, format: 'png' }),
      'one again.jpg': picture,
      'torn.jpg': truncate(await renderPicture({ seed: 3 })),
    });
    assert.equal(status, 200);
    assert.deepEqual([body.request_id, body.uploaded, body.skipped], [requestId, 2, 1]);
    assert.deepEqual(
      (body.errors as { filename: string }[]).map(({ filename }) => filename),
      ['torn.jpg'],
    );
  });

  it('takes pictures by presigned address, two of them under one name', async () => {
    const original = await renderPicture({ seed: 1 });
    const { status, body } = await customer.uploadPresigned(requestId, [
      { filename: 'same name.jpg', bytes: await sharp(original).jpeg({ quality: 50 }).toBuffer() },
      { filename: 'same name.jpg', bytes: await renderPicture({ seed: 4 }) },
    ]);
    assert.equal(status, 200);
    assert.equal(body.status, 'ok');
    assert.equal(body.uploaded, 2);
  });

  it('shows uploads with previews that an <img> on another host can load', async () => {
    const { body } = await customer.uploads(requestId);
    assert.equal(body.length, 4);
    for (const upload of body) {
      const response = await fetch(upload.preview_url as string);
      assert.equal(response.headers.get('content-type'), 'image/webp');
      const { width, height } = await sharp(await response.arrayBuffer()).metadata();
      assert.equal(Math.max(width, height), 512);
    }
  });

  it('runs quality control and flags the copy', async () => {
    assert.deepEqual((await customer.runQc(requestId)).body.status, 'started');
    assert.equal((await customer.runQc(requestId)).status, 409);

    const results = await qcFinished(customer, 4);
    const uploads = (await customer.uploads(requestId)).body;
    const filenameOf = (row: { image_id?: unknown }) =>
      uploads.find(({ image_id }) => image_id === row.image_id)?.filename as string;
    const duplicates = results.filter((row) => (row.duplicate_score as number) >= 0.85);
    assert.deepEqual(duplicates.map(filenameOf).sort(), ['one.jpg', 'same name.jpg']);
    for (const row of duplicates) {
      const source = await fetch(row.source_url as string);
      assert.equal(source.status, 200);
      assert.ok((row.flags as string[]).includes('near_duplicate'));
    }
    for (const row of results.filter((row) => !duplicates.includes(row))) {
      assert.ok((row.duplicate_score as number) < 0.5, `${filenameOf(row)} scored ${String(row.duplicate_score)}`);
    }
  });

  it('lets an administrator see everything and hand the request out', async () => {
    assert.deepEqual(
      (await admin.adminRequests()).body.map(({ id, status }) => [id, status]),
      [[requestId, 'ready']],
    );
    const users = (await admin.adminUsers()).body;
    assert.deepEqual(users.find(({ username }) => username === 'lena')?.role, 'labeler');

    const { status, body } = await admin.assign(requestId, 'lena');
    assert.equal(status, 200);
    assert.equal(body.status, 'assigned');
    taskId = body.task_id as string;
    assert.equal((await admin.assign(requestId, 'lena')).body.task_id, taskId, 'assigning again makes no second task');
    assert.deepEqual(
      (await admin.adminTasks()).body.map(({ id, request_id }) => [id, request_id]),
      [[taskId, requestId]],
    );
  });

  it('gives the labeler the task with pictures to look at', async () => {
    const [row] = (await labeler.tasks()).body;
    assert.deepEqual([row?.id, row?.images_count, row?.request_title], [taskId, 4, 'Street signs']);
    const { body } = await labeler.task(taskId);
    assert.deepEqual(body.classes, ['stop', 'yield']);
    assert.equal(body.request_id, requestId);
    for (const { url } of body.images) assert.equal((await fetch(url)).status, 200);
  });

  it('saves, replaces and clears labels and counts them', async () => {
    const { images } = (await labeler.task(taskId)).body;
    const [first, second] = images.map(({ image_id }) => image_id) as [string, string];
    assert.deepEqual((await labeler.saveLabels(taskId, first, ['stop'])).body, {
      task_id: taskId,
      image_id: first,
      status: 'saved',
    });
    await labeler.saveLabels(taskId, first, ['yield']);
    await labeler.saveLabels(taskId, second, ['stop']);
    await labeler.saveLabels(taskId, second, []);
    assert.equal((await labeler.saveLabels(taskId, first, ['tree'])).status, 400);
    assert.deepEqual((await labeler.progress(taskId)).body, { task_id: taskId, total_images: 4, labeled_images: 1 });
  });

  it('lets the labeler run quality control on his request', async () => {
    assert.equal((await labeler.runQc(requestId)).status, 200);
    assert.equal((await labeler.qcResults(requestId)).body.length, 4);
  });

  it('finishes the task and with it the request', async () => {
    assert.deepEqual((await labeler.completeTask(taskId)).body, { status: 'ok', task_id: taskId });
    assert.deepEqual(
      (await customer.requests()).body.map(({ status }) => status),
      ['completed'],
    );
  });

  it('opens every page to a universal user', async () => {
    for (const answer of [
      await universal.requests(),
      await universal.uploads(requestId),
      await universal.qcResults(requestId),
      await universal.tasks(),
      await universal.task(taskId),
      await universal.progress(taskId),
      await universal.adminUsers(),
      await universal.settings(),
    ]) {
      assert.equal(answer.status, 200);
    }
    assert.deepEqual((await universal.settings()).body, { duplicate_threshold: 0.85, ai_threshold: 0.8 });
  });

  it('shows nobody what is not his', async () => {
    await signUp('eve', 'CUSTOMER');
    const eve = new StreamlitClient(service.url);
    await eve.login('eve', PASSWORD);
    assert.deepEqual((await eve.requests()).body, []);
    for (const answer of [
      await eve.uploads(requestId),
      await eve.upload(requestId, { 'mine.jpg': await renderPicture({ seed: 9 }) }),
      await eve.runQc(requestId),
      await eve.qcResults(requestId),
      await eve.task(taskId),
    ]) {
      assert.equal(answer.status, 404);
    }
    assert.equal((await eve.adminUsers()).status, 403);
  });
});
