import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderPicture } from '../support/pictures.js';
import { startTestServer, TEST_PASSWORD, type TestServer } from '../support/server.js';
import { assay, jsonLines } from './assay.js';

describe('npx assay, with a service', function () {
  this.timeout(300_000);
  let server: TestServer;
  let home: string;
  let folder: string;
  let email: string;

  before(async () => {
    server = await startTestServer();
    home = await mkdtemp(join(tmpdir(), 'assay-cli-'));
    folder = join(home, 'pictures');
    await mkdir(join(folder, 'more'), { recursive: true });
    await writeFile(join(folder, 'one.jpg'), await renderPicture({ seed: 1, width: 64, height: 64 }));
    await writeFile(join(folder, 'more', 'two.jpg'), await renderPicture({ seed: 2, width: 64, height: 64 }));
    email = (await server.signUp({ roles: ['CUSTOMER'] })).user.email;
  });
  after(async () => {
    await server.stop();
    await rm(home, { recursive: true, force: true });
  });

  const run = (...args: string[]) => assay(args, { home });
  const sessionPath = () => join(home, 'config/assay/session.json');
  const logIn = (password = TEST_PASSWORD) =>
    assay(['login', '--url', server.url, '--user', email, '--password-stdin'], { home, input: `${password}\n` });

  it('signs in, and keeps what it got for its owner alone', async () => {
    const refused = await logIn('wrong');
    assert.deepEqual([refused.code, refused.errors], [2, 'The name or the password is wrong.\n']);
    const { code, output, errors } = await logIn();
    assert.deepEqual([code, output, errors], [0, `Signed in as ${email}.\n`, '']);
    assert.equal((await stat(sessionPath())).mode & 0o777, 0o600);
    assert.equal((await stat(join(home, 'config/assay'))).mode & 0o777, 0o700);
    assert.ok(!(await readFile(sessionPath(), 'utf8')).includes(TEST_PASSWORD));
  });

  it('orders, uploads what is not there yet, and follows quality control', async () => {
    const created = await run('request', 'create', '--title', 'Signs', '--class', 'stop', '--class', 'yield');
    const id = created.output.trim();
    assert.match(id, /^[0-9a-f-]{36}$/);
    const [listed] = jsonLines<{ id: string; classes: string[] }>(await run('request', 'list', '--json'));
    assert.deepEqual([listed!.id, listed!.classes], [id, ['stop', 'yield']]);

    const first = await run('upload', id, folder);
    assert.deepEqual([first.code, first.output], [0, '2 uploaded, 0 there before, 0 refused.\n']);
    await writeFile(join(folder, 'notes.txt'), 'no picture');
    await writeFile(join(folder, 'more', 'one.jpg'), await renderPicture({ seed: 3, width: 64, height: 64 }));
    const second = await run('upload', id, folder, '--json');
    assert.deepEqual(jsonLines(second), [{ type: 'summary', uploaded: 1, present: 2, refused: 0 }]);
    assert.equal(second.code, 0, 'a folder’s notes are no pictures');
    const named = await run('upload', id, join(folder, 'notes.txt'), '--json');
    assert.deepEqual([named.code, jsonLines<{ filename: string }>(named)[0]!.filename], [1, 'notes.txt']);
    const third = await run('upload', id, folder);
    assert.match(third.output, /^0 uploaded, 3 there before, 0 refused\.\n2 files have a name that another has, too/);

    const watched = await run('watch', id);
    assert.deepEqual([watched.code, watched.errors], [1, '']);
    assert.match(watched.output, /never started/);
  });

  it('tells files of one name apart by their folders where that is asked for', async () => {
    const id = (await run('request', 'create', '--title', 'Apart')).output.trim();
    assert.match((await run('upload', id, folder, '--path-names')).output, /^3 uploaded/);
    assert.match((await run('upload', id, folder, '--path-names')).output, /^0 uploaded, 3 there before/);
    const rows = (await server.db('images').where({ requestId: id })) as { filename: string }[];
    assert.deepEqual(rows.map(({ filename }) => filename).sort(), ['more__one.jpg', 'more__two.jpg', 'one.jpg']);
    const empty = await run('upload', id, join(home, 'config'));
    assert.deepEqual([empty.code, empty.output], [2, '']);
    assert.match(empty.errors, /^There is no picture in /);
  });

  it('renews what has ended, and says when it cannot', async () => {
    const kept = JSON.parse(await readFile(sessionPath(), 'utf8')) as { tokens: { access: string; refresh: string } };
    await writeFile(sessionPath(), JSON.stringify({ ...kept, tokens: { ...kept.tokens, access: 'stale' } }));
    assert.equal((await run('request', 'list')).code, 0);
    const renewed = JSON.parse(await readFile(sessionPath(), 'utf8')) as typeof kept;
    assert.notEqual(renewed.tokens.refresh, kept.tokens.refresh);
    assert.equal((await stat(sessionPath())).mode & 0o777, 0o600);
    await chmod(sessionPath(), 0o600);

    await writeFile(sessionPath(), JSON.stringify({ ...kept, tokens: { access: 'stale', refresh: 'stale' } }));
    const ended = await run('request', 'list');
    assert.deepEqual([ended.code, ended.output], [2, '']);
    assert.equal(ended.errors.trim().split('\n').length, 1);
    assert.match((await run('request', 'list')).errors, /^Sign in first/);
  });

  it('signs out', async () => {
    await logIn();
    const { tokens } = JSON.parse(await readFile(sessionPath(), 'utf8')) as { tokens: { access: string } };
    assert.equal((await run('logout')).output, 'Signed out.\n');
    assert.equal((await server.api('GET', '/auth/me', { token: tokens.access })).status, 401);
    assert.match((await run('watch', 'any')).errors, /^Sign in first/);
  });

  it('says in one sentence what is wrong', async () => {
    const nowhere = await assay(['login', '--url', 'http://127.0.0.1:9', '--user', 'a', '--password-stdin'], {
      home,
      input: 'b',
    });
    assert.deepEqual(nowhere, {
      code: 2,
      output: '',
      errors: 'The service cannot be reached: is the address right, and does it run?\n',
    });
    assert.match((await run('export', 'id', '--format', 'pdf', '-o', 'x')).errors, /^--format takes jsonl,/);
    assert.match((await run('login', '--url', 'ftp://x')).errors, /^Give the address/);
    assert.match((await logIn('')).errors, /^Give a name and a password/);
    const lost = await run('export', 'id', '--format', 'csv', '-o', '/nope/x.csv');
    assert.match(lost.errors, /^There is no folder \/nope to write/);
  });
});
