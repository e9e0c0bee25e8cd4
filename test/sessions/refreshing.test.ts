import assert from 'node:assert/strict';
import { decodeJwt, SignJWT } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { AuditEntry } from '../../models/audit-entry.js';
import { startTestServer, TEST_PASSWORD, type TestServer } from '../support/server.js';

interface Tokens extends Record<string, unknown> {
  access: string;
  refresh: string;
}

describe('Refreshing a session', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  async function logIn() {
    const { user } = await server.signUp();
    const json = { email: user.email, password: TEST_PASSWORD };
    return { user, tokens: (await server.api<Tokens>('POST', '/api/auth/login/', { json })).body };
  }
  const refresh = (token: string) => server.api<Tokens>('POST', '/api/auth/refresh/', { json: { refresh: token } });
  const me = async (token: string) => (await server.api('GET', '/auth/me', { token })).status;
  const sidOf = (token: string) => decodeJwt<{ sid: string }>(token).sid;

  /** As if the exchange had been longer ago than two tabs are apart. */
  const letTimePass = () => server.db.raw(`update refresh_tokens set used_at = used_at - interval '11 seconds'`);

  it('answers with a new pair under every client’s name for it', async () => {
    const { tokens } = await logIn();
    const { status, body } = await refresh(tokens.refresh);
    assert.equal(status, 200);
    const { access, refresh: next, ...rest } = body;
    assert.notEqual(next, tokens.refresh);
    assert.deepEqual(rest, {
      access_token: access,
      token: access,
      token_type: 'Bearer',
      expires_in: 900,
      refresh_expires_in: 86_400,
    });
    assert.equal(await me(access), 200);
    assert.equal((await refresh(next)).status, 200);
  });

  it('gives access for 15 minutes and another refresh for 24 hours', async () => {
    const { tokens } = await logIn();
    const seconds = (token: string) => {
      const { exp = 0, iat = 0 } = decodeJwt(token);
      return exp - iat;
    };
    assert.equal(seconds(tokens.access), 15 * 60);
    assert.ok(Math.abs(seconds(tokens.refresh) - 24 * 60 * 60) <= 1);
  });

  it('goes on for no more than 30 days', async () => {
    const { tokens } = await logIn();
    const almost = new Date(Date.now() - (30 * 24 - 1) * 60 * 60 * 1000);
    await server
      .db('sessions')
      .where({ id: sidOf(tokens.access) })
      .update({ createdAt: almost });
    const { body } = await refresh(tokens.refresh);
    const { exp = 0 } = decodeJwt(body.refresh);
    assert.ok(exp * 1000 <= Date.now() + 60 * 60 * 1000);
  });

  it('works for all tabs that refresh at the same moment, and goes on in each', async () => {
    const { tokens } = await logIn();
    const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(tokens.refresh)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200, 200],
    );
    await letTimePass();
    for (const { body } of answers) assert.equal((await refresh(body.refresh)).status, 200);
  });

  it('ends the session for all who hold its tokens when a used token comes back', async () => {
    const { tokens, user } = await logIn();
    const { body: next } = await refresh(tokens.refresh);
    await letTimePass();
    const replay = await refresh(tokens.refresh);
    assert.equal(replay.status, 401);
    assert.equal((await refresh(next.refresh)).status, 401, 'the successor has died with it');
    assert.equal(await me(next.access), 401, 'and so has its access token');
    const entry = await AuditEntry.query(server.db).findOne({ action: 'session.reuse_detected' });
    assert.deepEqual(entry?.details, { user_id: user.id });
  });

  it('leaves the user’s other sessions alone when it ends one', async () => {
    const { tokens, user } = await logIn();
    const json = { email: user.email, password: TEST_PASSWORD };
    const { body: other } = await server.api<Tokens>('POST', '/auth/login', { json });
    await refresh(tokens.refresh);
    await letTimePass();
    await refresh(tokens.refresh);
    assert.equal(await me(tokens.access), 401);
    assert.equal(await me(other.access), 200);
  });

  it('stops with the user’s deactivation', async () => {
    const { tokens, user } = await logIn();
    await server.db('users').where({ id: user.id }).update({ isActive: false });
    assert.equal((await refresh(tokens.refresh)).status, 401);
  });

  it('names the field where the token is missing', async () => {
    const { status, body } = await server.api('POST', '/api/auth/refresh/', { json: {} });
    assert.equal(status, 400);
    assert.deepEqual(Object.keys(body.errors as object), ['refresh']);
  });

  describe('refuses', () => {
    let genuine: { jti: string; sid: string };
    before(async () => {
      genuine = decodeJwt((await logIn()).tokens.refresh);
    });

    const claims = () => ({ typ: 'refresh', ...pick(genuine), iss: 'assay', aud: 'assay-refresh' });
    const pick = ({ jti, sid }: { jti: string; sid: string }) => ({ jti, sid });
    const sign = (payload: object, { alg = 'HS256', expires = '5m', secret = '' } = {}) =>
      new SignJWT({ ...payload })
        .setProtectedHeader({ alg })
        .setExpirationTime(expires)
        .sign(new TextEncoder().encode((secret || server.services.config.jwtSecret).padEnd(alg === 'HS256' ? 0 : 64)));
    const unsigned = () =>
      [{ alg: 'none' }, { ...claims(), exp: Math.floor(Date.now() / 1000) + 300 }]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.') + '.';

    const forgeries: Record<string, () => Promise<string> | string> = {
      'an access token': async () => (await logIn()).tokens.access,
      'a token of another key': () => sign(claims(), { secret: 'x'.repeat(40) }),
      'a token of another algorithm': () => sign(claims(), { alg: 'HS512' }),
      'a token without signature': unsigned,
      'a token that has expired': () => sign(claims(), { expires: '-1s' }),
      'a token of another issuer': () => sign({ ...claims(), iss: 'elsewhere' }),
      'a token for another audience': () => sign({ ...claims(), aud: 'assay-api' }),
      'a token of another type': () => sign({ ...claims(), typ: 'access' }),
      'a token that was never given out': () => sign({ ...claims(), jti: uuidv7() }),
      'a token of another session': async () =>
        sign({ ...claims(), sid: decodeJwt<{ sid: string }>((await logIn()).tokens.refresh).sid }),
      'what is no token': () => 'a.b.c',
    };
    it('no token as it was given out (or these tests prove nothing)', async () => {
      assert.equal((await refresh(await sign(claims()))).status, 200);
    });

    for (const [what, forge] of Object.entries(forgeries)) {
      it(what, async () => {
        assert.equal((await refresh(await forge())).status, 401);
      });
    }
  });

  it('gives no access by itself', async () => {
    const { tokens } = await logIn();
    assert.equal(await me(tokens.refresh), 401);
  });
});
