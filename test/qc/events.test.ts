import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTRPCClient, httpSubscriptionLink, TRPCClientError } from '@trpc/client';
import { EventSource } from 'eventsource';
import { v7 as uuidv7 } from 'uuid';
import { QcRun } from '../../models/qc-run.js';
import { Session } from '../../models/session.js';
import { User } from '../../models/user.js';
import type { AppRouter } from '../../src/router.js';
import { until } from '../support/processes.js';
import { startTestServer, type TestServer } from '../support/server.js';

interface Event {
  id: string;
  event: string;
  data: { status: string; images_done: number; run_id: string | null };
}

/** A stream as a client without any library reads it. */
class Stream {
  readonly events: Event[] = [];
  comments = 0;
  ended = false;

  private constructor(readonly answer: IncomingMessage) {
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) this.#take(block);
    });
    answer.once('close', () => (this.ended = true));
  }

  static async open(server: TestServer, requestId: string, token: string, lastEventId?: string): Promise<Stream> {
    const headers = {
      Authorization: `Bearer ${token}`,
      'Accept-Encoding': 'gzip, br',
      ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }),
    };
    const call = httpRequest(`${server.url}/requests/${requestId}/qc/events`, { headers }).end();
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    return new Stream(answer);
  }

  #take(block: string): void {
    if (block.startsWith(':')) this.comments += 1;
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
    if (field('data')) {
      this.events.push({ id: field('id'), event: field('event'), data: JSON.parse(field('data')) as Event['data'] });
    }
  }

  reached = (status: string, done: number) =>
    until(`${status} ${done} is told`, () =>
      this.events.find(({ data }) => data.status === status && data.images_done === done),
    );

  untilEnd = () => until('the stream ends', () => this.ended);

  close = () => this.answer.destroy();
}

describe('live progress of quality control', () => {
  let server: TestServer;
  let token: string;
  let userId: string;
  before(async () => {
    server = await startTestServer({ qcEvents: { pauseMs: 10, recheckMs: 100, maxStreamsOfUser: 4, maxStreams: 6 } });
  });
  after(() => server.stop());
  beforeEach(async () => {
    const { token: his, user } = await server.signUp();
    [token, userId] = [his, user.id];
  });

  async function requestWithRun(): Promise<{ requestId: string; runId: string }> {
    const { body } = await server.api('POST', '/requests', { token, json: { title: 'QC' } });
    const requestId = body.id as string;
    return { requestId, runId: await startRun(requestId) };
  }

  async function startRun(requestId: string): Promise<string> {
    const id = uuidv7();
    await QcRun.query(server.db).insert({ id, requestId, startedBy: userId, status: 'running', imagesTotal: 10 });
    return id;
  }

  const advance = (runId: string, changes: Partial<QcRun>) => QcRun.query(server.db).findById(runId).patch(changes);
  const finish = (runId: string) => advance(runId, { status: 'completed', imagesDone: 10, finishedAt: new Date() });

  it('tells what is now, each change by whatever process, and ends with the run', async () => {
    const { requestId, runId } = await requestWithRun();
    const stream = await Stream.open(server, requestId, token);
    assert.equal(stream.answer.statusCode, 200);
    assert.match(stream.answer.headers['content-type'] ?? '', /^text\/event-stream/);
    assert.equal(stream.answer.headers['x-accel-buffering'], 'no');
    assert.equal(stream.answer.headers['content-encoding'], undefined);
    await stream.reached('running', 0);
    await advance(runId, { imagesDone: 4 });
    await stream.reached('running', 4);
    await finish(runId);
    await stream.untilEnd();
    const { body } = await server.api('GET', `/requests/${requestId}/qc/status`, { token });
    assert.deepEqual(stream.events.at(-1)?.data, body);
    assert.ok(stream.events.every(({ event }) => event === 'status'));
    assert.equal(new Set(stream.events.map(({ id }) => id)).size, stream.events.length);
  });

  it('goes on from the last event, and has nothing to say of a run whose end was told', async () => {
    const { requestId, runId } = await requestWithRun();
    const first = await Stream.open(server, requestId, token);
    const { id } = await first.reached('running', 0);
    first.close();
    const second = await Stream.open(server, requestId, token, id);
    await advance(runId, { imagesDone: 7 });
    await second.reached('running', 7);
    assert.deepEqual(
      second.events.map(({ data }) => data.images_done),
      [7],
    );
    await finish(runId);
    const { id: last } = await second.reached('completed', 10);
    const third = await Stream.open(server, requestId, token, last);
    assert.equal(third.answer.statusCode, 204);
    const stale = await Stream.open(server, requestId, token, 'of a server that is no more');
    await stale.reached('completed', 10);
    await stale.untilEnd();
  });

  it('waits for a run that has not begun', async () => {
    const { body } = await server.api('POST', '/requests', { token, json: { title: 'QC' } });
    const stream = await Stream.open(server, body.id as string, token);
    await stream.reached('not_started', 0);
    await finish(await startRun(body.id as string));
    await stream.reached('completed', 10);
    await stream.untilEnd();
  });

  it('serves typed clients, as a subscription that completes', async () => {
    const { requestId, runId } = await requestWithRun();
    const told: string[] = [];
    for await (const { data } of client().qc.events.subscribe({ request_id: requestId })) {
      if (told.length === 0) await finish(runId);
      told.push(data.status);
    }
    assert.deepEqual(told, ['running', 'completed']);
  });

  const client = () =>
    createTRPCClient<AppRouter>({
      links: [
        httpSubscriptionLink({
          url: `${server.url}/trpc`,
          EventSource,
          eventSourceOptions: {
            fetch: (url, init) =>
              fetch(url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } }),
          },
        }),
      ],
    });

  it('is for whoever may see the request', async () => {
    const { requestId } = await requestWithRun();
    const stranger = await server.signUp();
    assert.equal((await Stream.open(server, requestId, stranger.token)).answer.statusCode, 404);
    assert.equal((await Stream.open(server, requestId, 'nonsense')).answer.statusCode, 401);
    token = stranger.token;
    await assert.rejects(client().qc.events.subscribe({ request_id: requestId }).next(), (error: unknown) => {
      assert.ok(error instanceof TRPCClientError);
      return (error as TRPCClientError<AppRouter>).data?.httpStatus === 404;
    });
  });

  it('ends when its reader logs out, is deactivated, or loses the request', async () => {
    const { requestId, runId } = await requestWithRun();
    const puttingOut = [
      () => Session.query(server.db).where({ userId }).patch({ revokedAt: new Date() }),
      () => User.query(server.db).findById(userId).patch({ isActive: false }),
      () => server.db('requests').where({ id: requestId }).delete(),
    ];
    for (const putOut of puttingOut) {
      await Session.query(server.db).where({ userId }).patch({ revokedAt: null });
      await User.query(server.db).findById(userId).patch({ isActive: true });
      const stream = await Stream.open(server, requestId, token);
      await stream.reached('running', 0);
      await putOut();
      await advance(runId, { imagesDone: 1 });
      await stream.untilEnd();
      assert.ok(!stream.events.some(({ data }) => data.images_done === 1));
      await advance(runId, { imagesDone: 0 });
    }
  });

  it('hears again after the database had cut everybody off', async () => {
    // Looking again by the clock would hide that nothing is heard.
    const deaf = await startTestServer({ sharing: server, qcEvents: { pauseMs: 10, recheckMs: 600_000 } });
    const { requestId, runId } = await requestWithRun();
    const stream = await Stream.open(deaf, requestId, token);
    await stream.reached('running', 0);
    const listening = () =>
      server
        .db('pg_stat_activity')
        .whereRaw(`datname = current_database() and application_name = 'assay notifications'`)
        .select<{ pid: number }[]>('pid');
    await until('it listens', async () => (await listening()).length > 0);
    const old = new Set((await listening()).map(({ pid }) => pid));
    await server.db.raw(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'assay notifications'`);
    await advance(runId, { imagesDone: 2 });
    await stream.reached('running', 2);
    await until('it listens anew', async () => (await listening()).some(({ pid }) => !old.has(pid)));
    await advance(runId, { imagesDone: 3 });
    await stream.reached('running', 3);
    await finish(runId);
    await stream.untilEnd();
    await deaf.stop();
  });

  it('listens on one connection for all', async () => {
    const { requestId, runId } = await requestWithRun();
    const streams = await Promise.all([1, 2, 3, 4].map(() => Stream.open(server, requestId, token)));
    await Promise.all(streams.map((stream) => stream.reached('running', 0)));
    const { rows } = await server.db.raw<{ rows: unknown[] }>(`select from pg_stat_activity
      where datname = current_database() and application_name = 'assay notifications'`);
    assert.equal(rows.length, 1);
    await finish(runId);
    await Promise.all(streams.map((stream) => stream.untilEnd()));
  });

  it('bounds the streams of a user and of the process, and counts those that were closed no more', async () => {
    const { requestId } = await requestWithRun();
    const his = await Promise.all([1, 2, 3, 4].map(() => Stream.open(server, requestId, token)));
    const fifth = await Stream.open(server, requestId, token);
    assert.equal(fifth.answer.statusCode, 429);
    assert.ok(fifth.answer.headers['retry-after']);
    const other = await server.signUp({ roles: ['SUPER_ADMIN'] });
    const theirs = await Promise.all([1, 2].map(() => Stream.open(server, requestId, other.token)));
    const seventh = await Stream.open(server, requestId, other.token);
    assert.equal(seventh.answer.statusCode, 503);
    for (const stream of [...his, ...theirs]) stream.close();
    const again = await until('there is room', async () => {
      const stream = await Stream.open(server, requestId, token);
      return stream.answer.statusCode === 200 && stream;
    });
    again.close();
  });

  it('asks no more than its reader takes', async () => {
    const { requestId, runId } = await requestWithRun();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.pause();
    socket.write(`GET /requests/${requestId}/qc/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    let looks = 0;
    const count = ({ sql }: { sql: string }) => {
      if (sql.includes('from "qc_runs"')) looks += 1;
    };
    server.db.on('query', count);
    const text = 'x'.repeat(1024 * 1024);
    // Until twenty changes in a row were looked at by nobody.
    for (let [told, quiet] = [0, 0]; quiet < 20; told += 1) {
      assert.ok(told < 400, 'it never stopped');
      const before = looks;
      await advance(runId, { error: `${told} ${text}` });
      await sleep(30);
      quiet = looks === before ? quiet + 1 : 0;
    }
    server.db.off('query', count);
    socket.destroy();
    assert.ok(looks > 0);
  });

  it('lets its readers go on elsewhere when the process is to stop', async () => {
    const one = await startTestServer({ sharing: server, qcEvents: { pauseMs: 10 } });
    const { requestId, runId } = await requestWithRun();
    const stream = await Stream.open(one, requestId, token);
    const { id } = await stream.reached('running', 0);
    one.services.qcEvents.drain();
    await stream.untilEnd();
    assert.equal((await Stream.open(one, requestId, token)).answer.statusCode, 503);
    const elsewhere = await Stream.open(server, requestId, token, id);
    await finish(runId);
    await elsewhere.reached('completed', 10);
    await elsewhere.untilEnd();
    await one.stop();
  });
});
