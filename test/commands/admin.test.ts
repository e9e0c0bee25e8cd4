import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isWeakHash } from '../../src/features/auth/password.js';
import { packageRoot } from '../../src/package-root.js';
import { startTestServer, type TestServer } from '../support/server.js';

/** Of `correct horse battery`, as Django wrote it with few iterations. */
const DJANGO_HASH = 'pbkdf2_sha256$1$salt$kbetH8pvQW2woEDkqwW3lBiusahaNsvlbcMnQlA1Qxc=';
const DJANGO_PASSWORD = 'correct horse battery';

describe('The operator’s commands', function () {
  this.timeout(120_000);
  let server: TestServer;
  let folder: string;
  before(async () => {
    server = await startTestServer();
    folder = await mkdtemp(join(tmpdir(), 'assay-admin-'));
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  async function admin(args: string[], { input = '' } = {}) {
    const child = spawn(process.execPath, ['--import', 'tsx', join(packageRoot, 'src/admin.ts'), ...args], {
      cwd: packageRoot,
      env: {
        ...process.env,
        DATABASE_URL: server.services.config.databaseUrl,
        DATA_DIR: server.services.config.dataDir,
      },
    });
    child.stdin.end(input);
    const [output, errors, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((resolve) => child.once('close', resolve)),
    ]);
    return { output, errors, code };
  }

  const logIn = (email: string, password: string) => server.api('POST', '/auth/login', { json: { email, password } });
  const actionsOn = async (email: string) => {
    const user = (await server.db('users').where({ email }).first()) as { id: string };
    const entries = (await server.db('audit_log').where({ targetId: user.id }).orderBy('id')) as {
      action: string;
      actorId: string | null;
      userAgent: string;
    }[];
    assert.ok(entries.every(({ actorId, userAgent }) => actorId === null && userAgent === 'npm run admin'));
    return entries.map(({ action }) => action);
  };

  it('make an account with a password that is shown once, and roles', async () => {
    const { output, code } = await admin([
      'create-user',
      'root@example.com',
      '--name',
      'Root',
      '--role',
      'SUPER_ADMIN',
    ]);
    assert.equal(code, 0, output);
    const password = /^Password: (\S{20})$/m.exec(output)?.[1] ?? '';
    const { status, body } = await logIn('root@example.com', password);
    assert.deepEqual([status, body.role], [200, 'universal']);
    assert.deepEqual((await actionsOn('root@example.com')).slice(0, 2), ['user.created', 'role.granted']);
  });

  it('take a password from standard input, never from the command line', async () => {
    const { code } = await admin(['create-user', 'ada@example.com', '--password-stdin'], { input: 'SecurePass123\n' });
    assert.equal(code, 0);
    assert.equal((await logIn('ada@example.com', 'SecurePass123')).status, 200);
    const short = await admin(['create-user', 'bob@example.com', '--password-stdin'], { input: 'short' });
    assert.deepEqual([short.code, short.errors], [1, 'Password too short (min 8 chars).\n']);
    assert.equal((await admin(['create-user', 'bob@example.com', '--password', 'SecurePass123'])).code, 64);
  });

  it('show no password of an account that was not made', async () => {
    const { user } = await server.signUp();
    const { code, output, errors } = await admin(['create-user', user.email]);
    assert.deepEqual([code, output], [1, '']);
    assert.match(errors, /already exists/);
  });

  it('give a role', async () => {
    const { user, token } = await server.signUp();
    assert.equal((await admin(['grant', user.username, 'LABELER'])).code, 0);
    const { body } = await server.api('GET', '/auth/me', { token });
    assert.equal(body.role, 'labeler');
    const unknown = await admin(['grant', user.username, 'KING']);
    assert.deepEqual([unknown.code, unknown.errors], [1, 'Role not found.\n']);
    assert.match((await admin(['grant', 'nobody', 'ADMIN'])).errors, /There is no user nobody/);
  });

  it('reset a password: whoever had got in is out', async () => {
    const { user, token } = await server.signUp();
    const { output } = await admin(['reset-password', user.email]);
    assert.equal((await server.api('GET', '/auth/me', { token })).status, 401);
    const password = /^Password: (\S+)$/m.exec(output)?.[1] ?? '';
    assert.equal((await logIn(user.email, password)).status, 200);
    assert.ok((await actionsOn(user.email)).includes('user.password_reset'));
  });

  it('let one who was locked out in again', async () => {
    const { user } = await server.signUp();
    for (let i = 0; i < 5; i++) await logIn(user.email, 'wrong');
    assert.equal((await logIn(user.email, DJANGO_PASSWORD)).status, 423);
    assert.equal((await admin(['unlock', user.email])).code, 0);
    assert.equal((await logIn(user.email, DJANGO_PASSWORD)).status, 200);
  });

  describe('bring users over from Django', () => {
    const dumped = (fields: object, model = 'auth.user') => ({ model, pk: 1, fields });
    const person = (username: string, more: object = {}) =>
      dumped({
        username,
        email: `${username}@clinic.example`,
        first_name: 'Grace',
        last_name: 'Hopper',
        password: DJANGO_HASH,
        is_active: true,
        is_staff: false,
        is_superuser: false,
        date_joined: '2020-02-03T04:05:06.789Z',
        last_login: null,
        ...more,
      });

    async function importing(entries: unknown[], ...options: string[]) {
      const path = join(folder, 'users.json');
      await writeFile(path, JSON.stringify(entries));
      return admin(['import-django', path, ...options]);
    }
    const find = async (email: string) =>
      (await server.db('users').where({ email }).first()) as { name: string; passwordHash: string; createdAt: Date };

    it('who log in with the password they had, brought up to strength thereby', async () => {
      const { output, code } = await importing([person('grace'), dumped({ name: 'nurses' }, 'auth.group')]);
      assert.deepEqual([code, output], [0, '1 imported, 0 there already.\n']);
      const { name, createdAt } = await find('grace@clinic.example');
      assert.deepEqual([name, createdAt.toISOString()], ['Grace Hopper', '2020-02-03T04:05:06.789Z']);
      assert.equal((await logIn('grace@clinic.example', 'wrong')).status, 401);
      assert.equal((await logIn('grace@clinic.example', DJANGO_PASSWORD)).status, 200);
      assert.equal(isWeakHash((await find('grace@clinic.example')).passwordHash), false);
      assert.equal((await logIn('grace', DJANGO_PASSWORD)).status, 200);
    });

    it('once, however often it is begun anew', async () => {
      const people = Array.from({ length: 450 }, (_, i) => person(`nurse-${i}`));
      await importing(people.slice(0, 250));
      const { output } = await importing(people);
      assert.equal(output, '200 imported, 250 there already.\n');
    });

    it('with roles only where that is asked for', async () => {
      await importing([person('staff', { is_staff: true })]);
      assert.equal((await logIn('staff@clinic.example', DJANGO_PASSWORD)).body.role, 'customer');
      await importing([person('chief', { is_staff: true, is_superuser: true })], '--with-roles');
      assert.deepEqual((await logIn('chief@clinic.example', DJANGO_PASSWORD)).body.roles, ['ADMIN', 'SUPER_ADMIN']);
    });

    it('telling of each who needs somebody’s attention', async () => {
      const { output } = await importing([
        person('argon', { password: 'argon2$argon2id$v=19$m=102400' }),
        person('sso', { password: '!unusable' }),
        person('anonymous', { email: '' }),
        person('broken', { password: 5 }),
        person('odd@name', { email: 'odd@clinic.example' }),
        person('made-up', { password: 'pbkdf2_sha256$600000$salt$bm90IGEgaGFzaA==' }),
        person('left-out', { password: undefined }),
        dumped({ name: 'nurses' }, 'auth.group'),
      ]);
      assert.match(output, /argon@clinic.example: the password is hashed by argon2: reset it/);
      assert.match(output, /sso@clinic.example: the password was unusable, or is not in the dump: reset it/);
      assert.match(output, /made-up@clinic.example: the password has a hash that nobody can have been given: reset it/);
      assert.match(output, /left-out@clinic.example: the password was unusable, or is not in the dump: reset it/);
      assert.match(output, /broken: .*Give a text/);
      assert.match(output, /anonymous: has no e-mail address/);
      assert.match(output, /5 imported, 0 there already/);
      assert.equal((await logIn('argon@clinic.example', '!')).status, 401);
      assert.equal((await logIn('odd@clinic.example', DJANGO_PASSWORD)).status, 200);
    });

    it('from JSON Lines, too, and say where a file cannot be read', async () => {
      const path = join(folder, 'users.jsonl');
      await writeFile(path, `${JSON.stringify(person('line-1'))}\n\n${JSON.stringify(person('line-2'))}\n`);
      assert.equal((await admin(['import-django', path])).output, '2 imported, 0 there already.\n');
      await writeFile(join(folder, 'broken.json'), '[{"model": ');
      const broken = await admin(['import-django', join(folder, 'broken.json')]);
      assert.equal(broken.code, 1);
      assert.match(broken.errors, /^Cannot read .*broken\.json/);
    });
  });

  it('say that something in a list of references was faulty, by their exit code too', async () => {
    const path = join(folder, 'references.jsonl');
    await writeFile(path, '{"pdq": "not a hash", "source_url": "https://example.com/a.jpg"}\n');
    const { code, output, errors } = await admin(['import-references', path]);
    assert.equal(code, 1);
    assert.match(output, /1 faulty/);
    assert.match(errors, /^Not all of it could be taken/);
  });

  it('explain themselves', async () => {
    const { output, code } = await admin(['--help']);
    assert.equal(code, 0);
    for (const name of ['create-user', 'grant', 'reset-password', 'unlock', 'import-django']) {
      assert.ok(output.includes(name), name);
    }
    const [unknown, none] = await Promise.all([admin(['fly']), admin([])]);
    assert.deepEqual([unknown.code, unknown.output, none.code, none.output], [64, '', 64, '']);
    assert.match(unknown.errors, /^There is no command fly\.\n/);
    assert.match(none.errors, /^Name a command\.\n\nnpm run admin/);
  });
});
