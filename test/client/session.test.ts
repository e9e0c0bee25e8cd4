import assert from 'node:assert/strict';
import { createClient, type SessionTokens, TRPCClientError, type TokenStore } from '../../client/index.js';
import { startTestServer, TEST_PASSWORD, type TestServer } from '../support/server.js';
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.js';

describe('A typed client with credentials', () => {
  let server: TestServer;
  let proxy: FaultyProxy;
  let username: string;

  before(async () => {
    server = await startTestServer();
    proxy = await startFaultyProxy(server.url);
  });
  after(async () => {
    await proxy.stop();
    await server.stop();
  });
  beforeEach(async () => {
    username = (await server.signUp({ roles: ['CUSTOMER'] })).user.email;
    proxy.calls.length = 0;
  });

  const logIn = async (): Promise<SessionTokens> => {
    const { access, refresh } = await createClient({ url: server.url }).auth.login.mutate({
      username,
      password: TEST_PASSWORD,
    });
    return { access, refresh };
  };
  /** The tokens with an access token that the service does not take any more, and whose end is not to be read. */
  const stale = ({ refresh }: SessionTokens): SessionTokens => ({ access: 'stale', refresh });
  const callsOf = (procedure: string) => proxy.calls.filter((path) => path.includes(procedure)).length;
  const storeOf = (tokens: SessionTokens): TokenStore & { tokens: SessionTokens | null } => ({
    tokens,
    read() {
      return this.tokens;
    },
    write(next) {
      this.tokens = next;
    },
  });

  it('exchanges the refresh token once for all calls that wait, and goes on with what it got', async () => {
    const told: (SessionTokens | null)[] = [];
    const credentials = stale(await logIn());
    const client = createClient({ url: proxy.url, credentials, onTokens: (tokens) => told.push(tokens) });
    const users = await Promise.all([
      ...Array.from({ length: 30 }, () => client.auth.me.query()),
      client.requests.create.mutate({ title: 'Signs' }),
    ]);
    assert.equal(users.length, 31);
    assert.equal(callsOf('auth.refresh'), 1);
    assert.equal(told.length, 1);
    assert.notEqual(told[0]!.refresh, credentials.refresh);
    await client.auth.me.query();
    assert.equal(callsOf('auth.refresh'), 1);
  });

  it('renews a token that is about to end before it uses it', async () => {
    const tokens = await logIn();
    const ended = `.${btoa(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + 5 }))}.`;
    const client = createClient({ url: proxy.url, credentials: { access: ended, refresh: tokens.refresh } });
    await client.auth.me.query();
    assert.deepEqual([callsOf('auth.refresh'), callsOf('auth.me')], [1, 1]);
  });

  it('never exchanges what another tab has exchanged', async () => {
    const first = await logIn();
    const store = storeOf(first);
    const tabs = [1, 2].map(() => createClient({ url: proxy.url, credentials: store }));
    await Promise.all(tabs.map((tab) => tab.auth.me.query()));
    store.tokens = stale(first);
    await tabs[0]!.auth.me.query();
    assert.equal(callsOf('auth.refresh'), 1);
    // More than ten seconds later the first token would end the session.
    await server
      .db('refresh_tokens')
      .whereNotNull('used_at')
      .update({ used_at: new Date(Date.now() - 60_000) });
    await Promise.all(tabs.map((tab) => tab.auth.me.query()));
    assert.equal(callsOf('auth.refresh'), 1);
  });

  it('shares an exchange that two tabs begin at one moment', async () => {
    const store = storeOf(stale(await logIn()));
    const tabs = [1, 2, 3].map(() => createClient({ url: proxy.url, credentials: store }));
    await Promise.all(tabs.map((tab) => tab.auth.me.query()));
    await Promise.all(tabs.map((tab) => tab.auth.me.query()));
    assert.ok(store.tokens);
  });

  it('exchanges again when the answer was lost', async () => {
    const client = createClient({ url: proxy.url, credentials: stale(await logIn()) });
    proxy.fail('auth.refresh', 'lost');
    await client.auth.me.query();
    assert.equal(callsOf('auth.refresh'), 2);
  });

  it('keeps its tokens while the service is out of reach', async () => {
    const told: unknown[] = [];
    const store = storeOf(stale(await logIn()));
    const client = createClient({ url: proxy.url, credentials: store, onTokens: (tokens) => told.push(tokens) });
    proxy.fail('auth.refresh', { status: 500 });
    await assert.rejects(client.auth.me.query());
    assert.deepEqual([told, store.tokens?.access], [[], 'stale']);
    await client.auth.me.query();
    assert.equal(told.length, 1);
  });

  it('says when the session has ended, and fails as without a token', async () => {
    const told: unknown[] = [];
    const client = createClient({
      url: proxy.url,
      credentials: { access: 'stale', refresh: 'stale' },
      onTokens: (tokens) => told.push(tokens),
    });
    const isSignedOut = (error: unknown) =>
      error instanceof TRPCClientError && (error.data as { httpStatus: number }).httpStatus === 401;
    await assert.rejects(client.auth.me.query(), isSignedOut);
    await assert.rejects(client.auth.me.query(), isSignedOut);
    assert.deepEqual(told, [null]);
  });

  it('signs in by name and password, and again when its session was ended', async () => {
    const client = createClient({ url: proxy.url, credentials: { username, password: TEST_PASSWORD } });
    await Promise.all([client.auth.me.query(), client.auth.me.query()]);
    assert.equal(callsOf('auth.login'), 1);
    await client.sessions.logOutEverywhere.mutate();
    await client.auth.me.query();
    assert.equal(callsOf('auth.login'), 2);
  });

  it('tries a wrong password once', async () => {
    const client = createClient({ url: proxy.url, credentials: await logIn() });
    await assert.rejects(client.auth.login.mutate({ username, password: 'wrong' }), TRPCClientError);
    assert.deepEqual([callsOf('auth.login'), callsOf('auth.refresh')], [1, 0]);
  });
});
