import assert from 'node:assert/strict';
import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpLink, TRPCClientError } from '@trpc/client';
import { startTestServer, type TestServer } from '../support/server.js';
import { exampleRouter, SECRET, type ExampleRouter } from './example-router.js';

describe('Native tRPC', () => {
  let server: TestServer;
  let token: string;
  before(async () => {
    server = await startTestServer({ router: exampleRouter });
    ({ token } = await server.signUp());
  });
  after(() => server.stop());

  const options = () => ({ url: `${server.url}/trpc`, headers: () => ({ Authorization: `Bearer ${token}` }) });
  const client = () => createTRPCClient<ExampleRouter>({ links: [httpLink(options())] });
  const batching = () => createTRPCClient<ExampleRouter>({ links: [httpBatchLink(options())] });

  async function faultOf(call: Promise<unknown>) {
    const error: unknown = await call.then(
      () => assert.fail('succeeded'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof TRPCClientError);
    return error as TRPCClientError<ExampleRouter>;
  }

  it('calls queries and mutations, alone and in one batch', async () => {
    assert.deepEqual(await client().echo.stats.query(), { stats: true });
    const created = await client().things.create.mutate({ title: 'Signs' });
    assert.equal(created.created_at, '1970-01-01T00:00:00.000Z');
    const trpc = batching();
    const both = await Promise.all([trpc.echo.stats.query(), trpc.things.whoAmI.query()]);
    assert.deepEqual(both[0], { stats: true });
    assert.deepEqual(both[1].roles, []);
  });

  it('streams batches and subscriptions', async () => {
    const streaming = createTRPCClient<ExampleRouter>({ links: [httpBatchStreamLink(options())] });
    assert.deepEqual(await streaming.echo.stats.query(), { stats: true });

    const events = await (await fetch(`${server.url}/trpc/ticks`, { headers: { Accept: 'text/event-stream' } })).text();
    assert.deepEqual(
      [...events.matchAll(/^data: (\d)$/gm)].map(([, tick]) => tick),
      ['1', '2', '3'],
    );
  });

  it('gives typed clients the one error shape and the right status', async () => {
    const expected: [kind: string, status: number, trpcCode: string][] = [
      ['invalid', 400, 'BAD_REQUEST'],
      ['forbidden', 403, 'FORBIDDEN'],
      ['not_found', 404, 'NOT_FOUND'],
      ['conflict', 409, 'CONFLICT'],
      ['locked', 423, 'BAD_REQUEST'],
    ];
    for (const [kind, status, trpcCode] of expected) {
      const { data, meta } = await faultOf(client().things.fail.query({ kind }));
      assert.equal(data?.code, kind);
      assert.equal(data.httpStatus, status);
      assert.equal(data.trpcCode, trpcCode);
      assert.equal((meta?.response as Response).status, status);
    }
  });

  it('says when to come back, and whom it wants to know', async () => {
    const locked = await faultOf(client().things.fail.query({ kind: 'locked' }));
    assert.equal((locked.meta?.response as Response).headers.get('Retry-After'), '900');
    const anonymous = createTRPCClient<ExampleRouter>({ links: [httpLink({ url: `${server.url}/trpc` })] });
    const refused = await faultOf(anonymous.things.whoAmI.query());
    assert.equal(refused.data?.httpStatus, 401);
    assert.equal((refused.meta?.response as Response).headers.get('WWW-Authenticate'), 'Bearer');
  });

  it('names faulty fields', async () => {
    const { data, message } = await faultOf(client().things.create.mutate({ title: '' }));
    assert.equal(data?.httpStatus, 400);
    assert.deepEqual(Object.keys(data.errors ?? {}), ['title']);
    assert.equal(message, data.message);
  });

  it('says nothing of a fault of ours', async () => {
    for (const kind of ['internal', 'output']) {
      const error = await faultOf(client().things.fail.query({ kind }));
      assert.equal(error.data?.httpStatus, 500);
      assert.ok(!JSON.stringify([error.message, error.shape]).includes(SECRET));
      assert.ok(!('stack' in error.data));
    }
  });

  it('refuses more than twenty calls in one batch', async () => {
    const trpc = batching();
    const fitting = await Promise.all(Array.from({ length: 20 }, () => trpc.echo.stats.query()));
    assert.equal(fitting.length, 20);
    const paths = Array.from({ length: 21 }, () => 'echo.stats').join(',');
    const { status, headers, body } = await server.api<{
      error: { message: string; data: { code: string; request_id: string } };
    }>('GET', `/trpc/${paths}?batch=1&input={}`);
    assert.equal(status, 400);
    assert.equal(body.error.data.code, 'invalid');
    assert.match(body.error.message, /^Send at most 20 calls in a batch/);
    assert.equal(body.error.data.request_id, headers.get('X-Request-Id'));
  });

  it('answers every malformed call with a 4xx', async () => {
    const json = { 'Content-Type': 'application/json' };
    const calls: [status: number, method: string, path: string, body?: string, headers?: Record<string, string>][] = [
      [404, 'GET', '/trpc/no.such'],
      [404, 'GET', '/trpc/'],
      [404, 'GET', '/trpc/constructor'],
      [404, 'GET', '/trpc/__proto__'],
      [405, 'POST', '/trpc/echo.stats', '{}', json],
      [405, 'GET', '/trpc/things.create?input={}'],
      [400, 'GET', '/trpc/echo.get?input={'],
      [400, 'GET', '/trpc/%zz'],
      [400, 'POST', '/trpc/things.create', '{"title":', json],
      [400, 'POST', '/trpc/things.create', '[]', json],
      [413, 'POST', '/trpc/things.create', JSON.stringify({ title: 'x'.repeat(1024 * 1024) }), json],
      [415, 'POST', '/trpc/things.create', 'a=b', { 'Content-Type': 'text/plain' }],
    ];
    for (const [status, method, path, body, headers] of calls) {
      const response = await fetch(server.url + path, { method, body: body ?? null, ...(headers && { headers }) });
      assert.equal(response.status, status, `${method} ${path}`);
      const { error } = (await response.json()) as { error: { data: { request_id: string; code: string } } };
      assert.equal(error.data.request_id, response.headers.get('X-Request-Id'));
      assert.notEqual(error.data.code, 'internal');
    }
  });

  it('answers one read alike however it is asked', async () => {
    const ask = async (path: string) => {
      const response = await fetch(`${server.url}/trpc/${path}`, { headers: { Authorization: `Bearer ${token}` } });
      return { status: response.status, text: await response.text() };
    };
    const input = (value: unknown) => encodeURIComponent(JSON.stringify(value));
    const alone = await ask('echo.stats');
    assert.deepEqual(JSON.parse(alone.text), { result: { data: { stats: true } } });
    for (const one of ['echo.stats?batch=1', `echo.stats?batch=1&input=${input({})}`]) {
      assert.deepEqual(JSON.parse((await ask(one)).text), [{ result: { data: { stats: true } } }]);
    }

    const kind = { kind: 'not_found' };
    const fault = await ask(`things.fail?input=${input(kind)}`);
    const batched = await ask(`things.fail?batch=1&input=${input({ 0: kind })}`);
    assert.deepEqual([fault.status, batched.status], [404, 404]);
    const { error } = JSON.parse(fault.text) as { error: { code: number; message: string } };
    const [again] = JSON.parse(batched.text) as [{ error: { code: number; message: string } }];
    assert.deepEqual([again.error.code, again.error.message], [error.code, error.message]);
  });

  it('names the methods it takes to whoever comes with another', async () => {
    for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const { status, headers, body } = await server.api(method, '/trpc/things.create');
      assert.equal(status, 405, method);
      assert.equal(headers.get('Allow'), 'GET, HEAD, POST');
      assert.equal(body.code, 'method_not_allowed');
    }
  });

  it('is undisturbed by the REST face having been called before', async () => {
    await server.api('POST', '/strict', { json: { n: '1', flag: 'true' } });
    await server.api('GET', '/echo/1?n=1');
    const { data } = await faultOf(client().echo.strict.mutate({ n: null, flag: 'false' } as never));
    assert.deepEqual(Object.keys(data?.errors ?? {}), ['n', 'flag']);
  });
});
