import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { QcRun } from '../../models/qc-run.js';
import { Task } from '../../models/task.js';
import { UserRole } from '../../models/user-role.js';
import { WebhookDelivery } from '../../models/webhook-delivery.js';
import { deliverWebhook, type Sender } from '../../src/features/webhooks/deliver.js';
import { post } from '../../src/features/webhooks/post.js';
import { isPublicAddress } from '../../src/features/webhooks/public-address.js';
import { sealingKey } from '../../src/sealed-text.js';
import { sweepWebhookDeliveries } from '../../src/features/webhooks/sweep.js';
import type { JobHandlers } from '../../src/queue/job.js';
import { runWorker } from '../../src/queue/run-worker.js';
import { createOrganizations } from '../support/organizations.js';
import { until } from '../support/processes.js';
import { startTestServer, type TestServer } from '../support/server.js';

interface Call {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A receiver of somebody's, with a will of its own. */
class Receiver {
  readonly calls: Call[] = [];
  status = 204;
  headers: Record<string, string> = {};
  silent = false;
  bodyBytes = 0;

  private constructor(readonly server: Server) {}

  static async open(): Promise<Receiver> {
    const receiver = new Receiver(
      createServer((request, response) => {
        void (async () => {
          let body = '';
          for await (const chunk of request) body += String(chunk);
          receiver.calls.push({ path: request.url ?? '', headers: request.headers, body });
          if (receiver.silent) return;
          response.writeHead(receiver.status, receiver.headers).end('x'.repeat(receiver.bodyBytes));
        })();
      }),
    );
    receiver.server.listen(0, '127.0.0.1');
    await once(receiver.server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  received = (type: string) =>
    until(`${type} has arrived`, () =>
      this.calls.find(({ body }) => (JSON.parse(body) as { type: string }).type === type),
    );

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

interface Delivery {
  id: string;
  payload: string | null;
  event: string;
  status: string;
  attempts: number;
  response_status: number | null;
  error: string | null;
  next_attempt_at: string | null;
}

type Account = Awaited<ReturnType<TestServer['signUp']>>;

describe('webhooks', () => {
  let server: TestServer;
  let receiver: Receiver;
  let sender: Sender;
  let customer: Account;
  before(async () => {
    server = await startTestServer({ env: { WEBHOOKS_TO_PRIVATE_ADDRESSES: 'on' } });
    sender = {
      db: server.db,
      webhookKey: sealingKey(server.services.config.jwtSecret, 'webhooks'),
      allowPrivate: true,
    };
  });
  after(() => server.stop());
  beforeEach(async () => {
    receiver = await Receiver.open();
    customer = await server.signUp();
  });
  afterEach(() => receiver.close());

  const create = (who: Account, json: object) =>
    server.api('POST', '/webhooks', { token: who.token, json: { url: receiver.url, ...json } });

  async function webhookOf(who: Account, ...events: string[]): Promise<{ id: string; secret: string }> {
    const { status, body } = await create(who, { events });
    assert.equal(status, 201, JSON.stringify(body));
    return { id: String(body.id), secret: String(body.secret) };
  }

  const orderData = async (who: Account) => {
    const { body } = await server.api('POST', '/requests', { token: who.token, json: { title: 'Signs' } });
    return String(body.id);
  };

  const deliveries = async (who: Account, id: string) =>
    (await server.api<Delivery[]>('GET', `/webhooks/${id}/deliveries`, { token: who.token })).body;

  async function newest(who: Account, id: string): Promise<Delivery> {
    const [delivery] = await deliveries(who, id);
    assert.ok(delivery);
    return delivery;
  }

  it('tell of what happens, through the queue, signed as Standard Webhooks says', async () => {
    const { id, secret } = await webhookOf(customer, 'request.created', 'qc.completed', 'task.completed');
    const worker = await runWorker({
      db: server.db,
      databaseUrl: server.services.config.databaseUrl ?? '',
      handlers: {
        deliverWebhook: ({ deliveryId }: { deliveryId: string }) => deliverWebhook(sender, deliveryId),
      } as unknown as JobHandlers,
      crontab: '',
      threads: 1,
      stats: { imagesAnalysed: 0, analysisFailures: 0, stageSeconds: {} } as never,
      log: pino({ level: 'silent' }),
    });
    try {
      const requestId = await orderData(customer);
      const { headers, body } = await receiver.received('request.created');
      assert.equal((JSON.parse(body) as { data: { request_id: string } }).data.request_id, requestId);
      const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
      const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
      const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
      assert.equal(headers['webhook-signature'], expected);

      const runId = uuidv7();
      await QcRun.query(server.db).insert({ id: runId, requestId, startedBy: customer.user.id, status: 'running' });
      await QcRun.query(server.db).findById(runId).patch({ status: 'completed', imagesDone: 3 });
      const told = JSON.parse((await receiver.received('qc.completed')).body) as { data: object };
      assert.deepEqual(told.data, {
        request_id: requestId,
        run_id: runId,
        status: 'completed',
        images_total: 0,
        images_done: 3,
        images_failed: 0,
      });
      const labeler = await server.signUp({ roles: ['LABELER'] });
      const task = { id: uuidv7(), requestId, labelerId: labeler.user.id, assignedBy: customer.user.id };
      await Task.query(server.db).insert(task);
      await server.api('POST', `/tasks/${task.id}/complete`, { token: labeler.token });
      await receiver.received('task.completed');

      assert.equal((await server.api('POST', `/webhooks/${id}/test`, { token: customer.token })).status, 200);
      await receiver.received('webhook.test');
      await until('all are noted', async () =>
        (await deliveries(customer, id)).every((row) => row.status === 'delivered'),
      );
      assert.equal((await deliveries(customer, id)).length, 4);
    } finally {
      await worker.stop();
    }
  });

  it('are told nothing of what was rolled back', async () => {
    const { id } = await webhookOf(customer, 'request.created');
    await assert.rejects(
      server.db.transaction(async (trx) => {
        await trx('requests').insert({ id: uuidv7(), ownerId: customer.user.id, title: 'x', description: '' });
        throw new Error('no');
      }),
      /no/,
    );
    assert.deepEqual(await deliveries(customer, id), []);
  });

  it('tell an owner of his requests alone, and administrators of those of their organization', async () => {
    const [home = '', away = ''] = await createOrganizations(server.db, `Home ${uuidv7()}`, `Away ${uuidv7()}`);
    const owner = await server.signUp({ organizationId: home });
    const stranger = await server.signUp({ organizationId: away });
    const admin = await server.signUp({ roles: ['ADMIN'], organizationId: home });
    const his = await webhookOf(owner, 'request.created');
    const made = await create(admin, { events: ['request.created'], scope: 'organization' });
    await orderData(stranger);
    await orderData(owner);
    assert.equal((await deliveries(owner, his.id)).length, 1);
    const { id } = await newest(admin, String(made.body.id));
    assert.equal((await deliveries(admin, String(made.body.id))).length, 1);
    // Before it is sent he is an administrator no more.
    await UserRole.query(server.db).where({ userId: admin.user.id }).delete();
    await deliverWebhook(sender, id);
    assert.equal((await newest(admin, String(made.body.id))).status, 'dropped');
    assert.equal((await newest(admin, String(made.body.id))).payload, null, 'nor does he read it in the list');
    await orderData(owner);
    assert.equal((await newest(admin, String(made.body.id))).payload, null);
    assert.match((await newest(owner, his.id)).payload ?? '', /Signs/);
    assert.equal(receiver.calls.length, 0);
    assert.equal((await create(owner, { events: ['request.created'], scope: 'organization' })).status, 403);
    assert.equal(((await deliveries(stranger, his.id)) as unknown as { code: string }).code, 'not_found');
  });

  it('come again later and later where they are refused, redirected or not answered, and then no more', async () => {
    const { id } = await webhookOf(customer, 'request.created');
    await orderData(customer);
    const { id: deliveryId } = await newest(customer, id);
    receiver.status = 302;
    receiver.headers = { Location: `http://127.0.0.1:${receiver.port}/elsewhere` };
    await deliverWebhook(sender, deliveryId);
    const redirected = await newest(customer, id);
    assert.deepEqual([redirected.status, redirected.attempts, redirected.response_status], ['pending', 1, 302]);
    assert.match(redirected.error ?? '', /redirected/);
    assert.deepEqual(
      receiver.calls.map(({ path }) => path),
      ['/hook'],
    );
    receiver.status = 500;
    const pauses: number[] = [];
    for (let attempt = 2; attempt <= 10; attempt += 1) {
      const { rows } = await server.db.raw<{ rows: { seconds: number }[] }>(
        `select extract(epoch from run_at - now())::float as seconds from graphile_worker.jobs
         where task_identifier = 'deliverWebhook' order by id desc limit 1`,
      );
      pauses.push(rows[0]?.seconds ?? 0);
      await deliverWebhook(sender, deliveryId);
    }
    assert.deepEqual(
      pauses,
      pauses.toSorted((a, b) => a - b),
    );
    assert.ok((pauses.at(-1) ?? 0) > 60_000);
    const given = await newest(customer, id);
    assert.deepEqual([given.status, given.attempts, given.next_attempt_at], ['failed', 10, null]);
    await deliverWebhook(sender, deliveryId);
    assert.equal(receiver.calls.length, 10);
    assert.equal(new Set(receiver.calls.map(({ headers }) => headers['webhook-id'])).size, 1);
  });

  it('end where a receiver says that it is gone', async () => {
    const { id } = await webhookOf(customer, 'request.created');
    await orderData(customer);
    receiver.status = 410;
    await deliverWebhook(sender, (await newest(customer, id)).id);
    assert.equal((await newest(customer, id)).status, 'failed');
    await orderData(customer);
    assert.equal((await deliveries(customer, id)).length, 1);
  });

  it('wait for no answer for long, and read little of it', async () => {
    const options = { headers: {}, body: '{}', allowPrivate: true };
    receiver.silent = true;
    await assert.rejects(post(receiver.url, { ...options, deadlineMs: 200 }), /No answer/);
    receiver.silent = false;
    receiver.bodyBytes = 5 * 1024 * 1024;
    receiver.status = 200;
    assert.equal(await post(receiver.url, options), 200);
    receiver.headers = { 'X-Long': 'x'.repeat(20_000) };
    await assert.rejects(post(receiver.url, options));
  });

  it('fail, and no more, where a name leads nowhere', async () => {
    const { id } = await webhookOf(customer, 'request.created');
    await server.db('webhooks').where({ id }).update({ url: 'http://nowhere.invalid/hook' });
    await orderData(customer);
    await deliverWebhook({ ...sender, allowPrivate: false }, (await newest(customer, id)).id);
    const { status, error } = await newest(customer, id);
    assert.equal(status, 'pending');
    assert.match(error ?? '', /It could not be sent: (ENOTFOUND|EAI_AGAIN)/);
  });

  it('reach nothing but the internet, by whatever name', async () => {
    const disguises = ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '0177.0.0.1', '127.1', '0.0.0.0', '[::1]'];
    disguises.push('[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]');
    for (const host of disguises) {
      const sent = post(`http://${host}:${receiver.port}/`, { headers: {}, body: '{}', allowPrivate: false });
      await assert.rejects(sent, { name: 'PrivateAddress' }, host);
    }
    assert.equal(receiver.calls.length, 0);
    for (const address of [
      '169.254.169.254',
      '100.100.100.200',
      'fd00:ec2::254',
      'fe80::1',
      '10.1.2.3',
      '172.31.0.1',
    ]) {
      assert.equal(isPublicAddress(address), false, address);
    }
    for (const address of ['192.168.1.1', '255.255.255.255', 'ff02::1', 'fec0::1', '2001:db8::1', 'nonsense', '']) {
      assert.equal(isPublicAddress(address), false, address);
    }
    for (const address of ['93.184.216.34', '1.1.1.1', '172.32.0.1', '2606:4700::1111']) {
      assert.equal(isPublicAddress(address), true, address);
    }
  });

  it('refuse addresses that cannot be good at once, naming the field', async () => {
    const strict = await startTestServer({ sharing: server });
    const bad = ['ftp://example.com', 'javascript:alert(1)', 'http://u:p@example.com', 'http://127.0.0.1/', 'nonsense'];
    for (const url of [...bad, 'http://0x7f000001/', 'http://[::1]/', 'http://localhost/', 'http://a.localhost./']) {
      const { status, body } = await strict.api('POST', '/webhooks', {
        token: customer.token,
        json: { url, events: ['qc.completed'] },
      });
      assert.equal(status, 400, url);
      assert.deepEqual(Object.keys(body.errors as object), ['url']);
    }
    await strict.stop();
  });

  it('keep their secret to themselves', async () => {
    const { id, secret } = await webhookOf(customer, 'qc.completed');
    const { body } = await server.api<unknown[]>('GET', '/webhooks', { token: customer.token });
    assert.equal(body.length, 1);
    assert.ok(!JSON.stringify(body).includes('secret'));
    const [row] = await server.db('webhooks').where({ id }).select<{ sealedSecret: Buffer }[]>('sealedSecret');
    assert.ok(!row?.sealedSecret.toString('latin1').includes(secret.slice(10)));
    assert.equal((await server.api('DELETE', `/webhooks/${id}`, { token: customer.token })).status, 200);
    assert.equal((await server.api('GET', `/webhooks/${id}/deliveries`, { token: customer.token })).status, 404);
  });

  it('are ten of a user at most', async () => {
    const made = await Promise.all(Array.from({ length: 12 }, () => create(customer, { events: ['qc.completed'] })));
    assert.deepEqual(made.map(({ status }) => status).sort(), [...Array<number>(10).fill(201), 409, 409]);
  });

  it('are remembered for a month, a thousand of each', async () => {
    const { id } = await webhookOf(customer, 'qc.completed');
    const row = (index: number) => ({
      id: uuidv7(),
      webhookId: id,
      event: 'qc.completed' as const,
      payload: `${index}`,
    });
    const old = { ...row(-1), status: 'failed' as const, createdAt: new Date(Date.now() - 31 * 24 * 3600_000) };
    const pending = { ...row(-2), createdAt: old.createdAt };
    const ended = Array.from({ length: 1005 }, (_, index) => ({ ...row(index), status: 'delivered' as const }));
    await WebhookDelivery.query(server.db).insert([pending, old, ...ended]);
    await sweepWebhookDeliveries(server.db);
    const left = await WebhookDelivery.query(server.db).where({ webhookId: id });
    assert.equal(left.length, 1001);
    assert.ok(left.some(({ payload }) => payload === '-2'));
    assert.ok(!left.some(({ payload }) => ['-1', '0', '4'].includes(payload)));
  });
});
