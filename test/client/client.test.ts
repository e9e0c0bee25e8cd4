import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createClient, TRPCClientError, type AppRouter } from '../../client/index.js';
import { startTestServer, TEST_PASSWORD, type TestServer } from '../support/server.js';

describe('The typed client', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  it('logs in without a token, and goes on with the one it got', async () => {
    const { user } = await server.signUp({ roles: ['CUSTOMER'] });
    const session = await createClient({ url: server.url }).auth.login.mutate({
      email: user.email,
      password: TEST_PASSWORD,
    });
    const client = createClient({ url: `${server.url}/`, token: session.token });
    assert.equal((await client.auth.me.query()).id, user.id);
  });

  it('asks for the token anew at every call', async () => {
    const users = [await server.signUp(), await server.signUp()];
    let current: string | undefined;
    const client = createClient({ url: server.url, token: () => Promise.resolve(current) });
    for (const { token, user } of users) {
      current = token;
      assert.equal((await client.auth.me.query()).id, user.id);
    }
    current = undefined;
    await assert.rejects(client.auth.me.query(), withStatus(401, 'unauthenticated'));
  });

  it('gives the error as REST gives it', async () => {
    const { token } = await server.signUp();
    const client = createClient({ url: server.url, token });
    await assert.rejects(client.requests.create.mutate({ title: '' }), (error) => {
      const { data } = error as TRPCClientError<AppRouter>;
      assert.ok(data);
      assert.deepEqual([data.httpStatus, data.code, Object.keys(data.errors!)], [400, 'invalid', ['title']]);
      assert.equal(data.message, data.detail);
      assert.match(data.request_id, /\S/);
      return true;
    });
  });

  it('sends calls of one moment together, and no more at once than the service takes', async () => {
    const { token } = await server.signUp();
    const client = createClient({ url: server.url, token });
    const requests = await requestsDuring(async () => {
      await Promise.all(Array.from({ length: 25 }, () => client.requests.list.query({})));
    });
    assert.equal(requests, 2);
  });
});

const withStatus = (status: number, code: string) => (error: unknown) => {
  assert.ok(error instanceof TRPCClientError);
  const { data } = error as TRPCClientError<AppRouter>;
  assert.deepEqual([data?.httpStatus, data?.code], [status, code]);
  return true;
};

/** How many HTTP requests `fetch` made meanwhile. */
async function requestsDuring(action: () => Promise<void>): Promise<number> {
  let requests = 0;
  const count = () => void (requests += 1);
  subscribe('undici:request:create', count);
  try {
    await action();
  } finally {
    unsubscribe('undici:request:create', count);
  }
  return requests;
}
