import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import pino from 'pino';
import { connect } from '../../src/database/connection.js';
import { describeError } from '../../src/trpc/error-formatter.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { exampleRouter, SECRET } from './example-router.js';

describe('Error answers and the access log', () => {
  let server: TestServer;
  let lines: Record<string, unknown>[] = [];
  before(async () => {
    const sink = new Writable({
      write(line: Buffer, _encoding, done) {
        lines.push(JSON.parse(line.toString()) as Record<string, unknown>);
        done();
      },
    });
    server = await startTestServer({ router: exampleRouter, log: pino({ level: 'info' }, sink) });
  });
  beforeEach(() => {
    lines = [];
  });
  after(() => server.stop());

  const expected: [kind: string, status: number][] = [
    ['invalid', 400],
    ['forbidden', 403],
    ['not_found', 404],
    ['conflict', 409],
    ['locked', 423],
  ];
  for (const [kind, status] of expected) {
    it(`answers ${status} in the one shape to a fault that is ${kind}`, async () => {
      const { status: answered, headers, body } = await server.api('GET', `/fail/${kind}`);
      assert.equal(answered, status);
      assert.equal(body.code, kind);
      assert.equal(body.detail, body.message);
      assert.equal(body.request_id, headers.get('X-Request-Id'));
    });
  }

  it('names the field to blame', async () => {
    const { body } = await server.api('GET', '/fail/invalid');
    assert.deepEqual(body.errors, { title: ['A title is needed.'] });
  });

  it('says in whole seconds when to come back', async () => {
    assert.equal((await server.api('GET', '/fail/locked')).headers.get('Retry-After'), '900');
  });

  for (const kind of ['internal', 'output']) {
    it(`says nothing of a fault of ours (${kind}), and logs it`, async () => {
      const { status, body } = await server.api('GET', `/fail/${kind}`, {
        headers: { 'X-Request-Id': 'fault-of-ours' },
      });
      assert.equal(status, 500);
      assert.deepEqual(Object.keys(body).sort(), ['code', 'detail', 'message', 'request_id']);
      assert.equal(body.code, 'internal');
      assert.ok(!JSON.stringify(body).includes(SECRET));
      const logged = lines.find(({ msg }) => msg === 'request failed');
      assert.equal(logged?.request_id, 'fault-of-ours');
      assert.match(JSON.stringify(logged.errors), kind === 'internal' ? /example-router/ : /rest-bridge/);
    });
  }

  for (const path of ['/fail/unavailable', '/trpc/things.fail?input={"kind":"unavailable"}']) {
    it(`only warns of a fault that was foreseen (${path})`, async () => {
      assert.equal((await server.api('GET', path)).status, 503);
      const logged = lines.filter(({ msg }) => msg === 'request failed');
      assert.deepEqual(
        logged.map(({ level }) => level),
        [pino.levels.values.warn],
      );
      assert.match(JSON.stringify(logged), /Not made yet/);
      assert.doesNotMatch(JSON.stringify(logged), /stack/);
    });
  }

  for (const state of ['40P01', '40001']) {
    it(`asks for another try when PostgreSQL ended the transaction (${state})`, async () => {
      const raise = `do $$ begin raise exception using errcode = '${state}', message = 'inside'; end $$`;
      const error: unknown = await server.db.raw(raise).catch((reason: unknown) => reason);
      const { status, retryAfter, body } = describeError(error, 'a-request');
      assert.deepEqual([status, retryAfter, body.code], [503, 1, 'unavailable']);
      assert.doesNotMatch(JSON.stringify(body), /inside/);
    });
  }

  for (const model of [false, true]) {
    it(`blames the caller for a NUL in a text (${model ? 'Objection' : 'knex'})`, async () => {
      const { status, body } = await server.api('POST', '/find', { json: { name: 'a\0b', model } });
      assert.equal(status, 400);
      assert.match(String(body.message), /NUL/);
    });
  }

  it('tells who comes while the database is away to come again', async () => {
    const away = connect('postgresql://127.0.0.1:1/none', {
      poolSize: 1,
      applicationName: 'test',
      log: server.services.log,
    });
    const error: unknown = await away.raw('select 1').catch((reason: unknown) => reason);
    await away.destroy();
    const { status, retryAfter, body } = describeError(error, 'a-request');
    assert.equal(status, 503);
    assert.equal(retryAfter, 5);
    assert.doesNotMatch(JSON.stringify(body), /127|ECONN/);
  });

  it('gives a request the name it came with, or one of its own', async () => {
    const named = await server.api('GET', '/echo/1', {
      headers: { 'X-Request-Id': 'from_the-gateway.1'.replace('.', '') },
    });
    assert.equal(named.headers.get('X-Request-Id'), 'from_the-gateway1');
    for (const insane of ['short', 'x'.repeat(65), 'with spaces in', '{"a":"injected"}']) {
      const { headers } = await server.api('GET', '/echo/1', { headers: { 'X-Request-Id': insane } });
      assert.match(headers.get('X-Request-Id') ?? '', /^[\da-f]{8}-[\da-f-]{27}$/);
    }
  });

  it('logs one line a request, without query and token', async () => {
    const { token, user } = await server.signUp();
    await server.api('GET', '/whoami?signature=confidential', { token });
    const line = await eventually(() => lines.find(({ msg }) => msg === 'request'));
    assert.equal(line.method, 'GET');
    assert.equal(line.path, '/whoami');
    assert.equal(line.status, 200);
    assert.equal(line.user_id, user.id);
    assert.equal(typeof line.ms, 'number');
    assert.ok(!JSON.stringify(lines).includes(token));
    assert.ok(!JSON.stringify(lines).includes('confidential'));
  });

  /** The line is written when the answer's last byte has left, which the client may see first. */
  async function eventually<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
});
