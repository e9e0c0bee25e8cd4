import assert from 'node:assert/strict';
import { decodeJwt, SignJWT } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { User } from '../../models/user.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { exampleRouter } from './example-router.js';

describe('Authentication', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ router: exampleRouter });
  });
  after(() => server.stop());

  it('knows who calls, with the roles he has now', async () => {
    const { token, user } = await server.signUp({ roles: ['LABELER', 'ADMIN'] });
    const { status, body } = await server.api('GET', '/whoami', { token });
    assert.equal(status, 200);
    assert.deepEqual(body, { id: user.id, roles: ['ADMIN', 'LABELER'] });
    await server.db.from('user_roles').where({ roleCode: 'ADMIN' }).delete();
    assert.deepEqual((await server.api('GET', '/whoami', { token })).body.roles, ['LABELER']);
  });

  it('turns a user away as soon as he is deactivated', async () => {
    const { token, user } = await server.signUp();
    assert.equal((await server.api('GET', '/whoami', { token })).status, 200);
    await User.query(server.db).findById(user.id).patch({ isActive: false });
    assert.equal((await server.api('GET', '/whoami', { token })).status, 401);
  });

  it('answers 401 with a challenge to an anonymous caller', async () => {
    const { status, headers, body } = await server.api('GET', '/whoami');
    assert.equal(status, 401);
    assert.equal(headers.get('WWW-Authenticate'), 'Bearer');
    assert.equal(body.code, 'unauthenticated');
  });

  it('lets a caller with a stale token do what anyone may', async () => {
    assert.equal((await server.api('GET', '/echo/1', { token: 'stale' })).status, 200);
  });

  it('answers 403 to one without the role, and lets a SUPER_ADMIN have every role', async () => {
    const { token: labeler } = await server.signUp({ roles: ['LABELER'] });
    const { token: universal } = await server.signUp({ roles: ['SUPER_ADMIN'] });
    assert.equal((await server.api('POST', '/administer', { token: labeler })).status, 403);
    assert.equal((await server.api('POST', '/administer', { token: universal })).status, 200);
  });

  describe('refuses a token', () => {
    let id: string;
    let sessionId: string;
    before(async () => {
      const { token, user } = await server.signUp();
      id = user.id;
      sessionId = decodeJwt<{ sid: string }>(token).sid;
    });

    const claims = () => ({ typ: 'access', sub: id, sid: sessionId, iss: 'assay', aud: 'assay-api' });
    const sign = (payload: object, { alg = 'HS256', expires = '5m', secret = server.services.config.jwtSecret } = {}) =>
      new SignJWT({ ...payload })
        .setProtectedHeader({ alg })
        .setIssuedAt()
        .setExpirationTime(expires)
        .sign(new TextEncoder().encode(secret.padEnd(64, alg === 'HS256' ? '' : 'x')));
    const unsigned = (payload: object) =>
      [{ alg: 'none' }, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') + '.';

    it('unless it is one of ours (or these tests prove nothing)', async () => {
      assert.equal((await server.api('GET', '/whoami', { token: await sign(claims()) })).status, 200);
    });

    const forgeries: Record<string, () => Promise<string> | string> = {
      'signed with another key': () => sign(claims(), { secret: 'x'.repeat(40) }),
      'that has expired': () => sign(claims(), { expires: '-1s' }),
      'of another algorithm': () => sign(claims(), { alg: 'HS384' }),
      'without signature': () => unsigned({ ...claims(), exp: Math.floor(Date.now() / 1000) + 300 }),
      'of another issuer': () => sign({ ...claims(), iss: 'elsewhere' }),
      'for another audience': () => sign({ ...claims(), aud: 'elsewhere' }),
      'of another type': () => sign({ ...claims(), typ: 'refresh' }),
      'without type': () => sign({ ...claims(), typ: undefined }),
      'of nobody': () => sign({ ...claims(), sub: uuidv7() }),
      'whose subject is no id': () => sign({ ...claims(), sub: "' or true --" }),
      'of no session': () => sign({ ...claims(), sid: undefined }),
      'of a session that never was': () => sign({ ...claims(), sid: uuidv7() }),
      'of somebody else’s session': async () => sign({ ...claims(), sub: (await server.signUp()).user.id }),
      'that is none': () => 'a.b.c',
    };
    for (const [what, forge] of Object.entries(forgeries)) {
      it(what, async () => {
        assert.equal((await server.api('GET', '/whoami', { token: await forge() })).status, 401);
      });
    }
  });

  it('believes no claim of a client about itself', async () => {
    const { user } = await server.signUp();
    const { status } = await server.api('GET', '/whoami', { headers: { 'X-User-ID': user.id } });
    assert.equal(status, 401);
  });

  it('refuses a stranger before it reads his body', async () => {
    const response = await server.api('POST', '/private', {
      headers: { 'Content-Type': 'application/json' },
      json: {},
    });
    assert.equal(response.status, 401);
  });
});
