import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, cp, lstat, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { pino } from 'pino';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { findPostgresBinaries, postgresEnvironment } from '../../src/database/postgres-binaries.js';

const run = promisify(execFile);
const silent = pino({ level: 'silent' });

describe('embedded PostgreSQL', () => {
  let folder: string;
  let server: EmbeddedPostgres | undefined;
  const pidFile = () => join(folder, 'postgres', 'data', 'postmaster.pid');
  const start = async () => (server = await startEmbeddedPostgres(folder, silent));

  before(async () => {
    // Closed to all others, the user PostgreSQL runs as when we are root included.
    folder = await mkdtemp(join(tmpdir(), 'assay-postgres-'));
  });
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('makes the cluster anew when a first start was killed half-way', async () => {
    await mkdir(join(folder, 'postgres', 'initdb-half', 'data'), { recursive: true });
    await writeFile(join(folder, 'postgres', 'claim-1-gone'), '');
    const { url } = await start();
    assert.deepEqual(await ask(url, 'select 1 as one'), [{ one: 1 }]);
    await assert.rejects(stat(join(folder, 'postgres', 'initdb-half')), { code: 'ENOENT' });
  });

  it('listens on no TCP port, and only to who knows the password', async () => {
    const { url } = await start();
    assert.deepEqual(await ask(url, 'show listen_addresses'), [{ listen_addresses: '' }]);
    assert.deepEqual(await ask(url, 'show fsync'), [{ fsync: 'on' }]);
    await assert.rejects(ask(url.replace(/:[^:@]+@/, ':wrong@'), 'select 1'), /password authentication failed/);
    assert.equal((await stat(join(folder, 'postgres', 'password'))).mode & 0o777, 0o600);
  });

  it('knows upper and lower case of more than English', async () => {
    const { url } = await start();
    assert.deepEqual(await ask(url, `select lower('ÄRZTIN Ω') as word`), [{ word: 'ärztin ω' }]);
  });

  it('keeps what was committed when it is killed, and tells that it ended', async () => {
    const { url, crashed, stop } = await start();
    await ask(url, 'create table kept as select 7 as number');
    process.kill(Number.parseInt(await readFile(pidFile(), 'utf8'), 10), 'SIGKILL');
    await crashed;
    await stop();
    const again = await start();
    assert.deepEqual(await ask(again.url, 'select number from kept'), [{ number: 7 }]);
  });

  it('starts though the pid of a killed server is another program by now', async () => {
    await (await start()).stop();
    await writeFile(pidFile(), `${process.pid}\n${join(folder, 'postgres', 'data')}\n`);
    const { url } = await start();
    assert.deepEqual(await ask(url, 'select 1 as one'), [{ one: 1 }]);
  });

  it('refuses a second server on the same folder, and a cluster of another version', async () => {
    const { url, stop } = await start();
    await assert.rejects(startEmbeddedPostgres(folder, silent), /in use by another running assay/);
    assert.deepEqual(await ask(url, 'select 1 as one'), [{ one: 1 }]);
    await stop();
    await writeFile(join(folder, 'postgres', 'data', 'PG_VERSION'), '12\n');
    await assert.rejects(startEmbeddedPostgres(folder, silent), /made by PostgreSQL 12; this is version \d+/);
  });

  it('does without the links that the package makes in its install script', async () => {
    const binaries = await findPostgresBinaries();
    const packageFolder = join(folder, 'package');
    await cp(binaries.packageFolder, packageFolder, {
      recursive: true,
      filter: async (path) => !(await lstat(path)).isSymbolicLink(),
    });
    await chmod(folder, 0o755);
    const initdb = join(packageFolder, 'native', 'bin', 'initdb');
    await assert.rejects(run(initdb, ['--version']), /shared librar|Library not loaded/);
    const env = await postgresEnvironment({ ...binaries, packageFolder }, folder);
    const { stdout } = await run(initdb, ['--version'], { env });
    assert.match(stdout, /PostgreSQL/);
  });
});

async function ask(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  client.on('error', () => undefined);
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement);
    return rows;
  } finally {
    await client.end();
  }
}
