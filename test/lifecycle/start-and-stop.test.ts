import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chown, readdir, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { findProcess } from '../../src/database/process-table.js';
import { packageRoot } from '../../src/package-root.js';
import {
  killAll,
  makeDataDir,
  processesOn,
  runToEnd,
  startService,
  type Service,
  until,
  untilGone,
} from '../support/processes.js';

const NO_WORKERS = { WORKER_PROCESSES: '0' };
const NOBODY = { uid: 65_534, gid: 65_534 };

describe('life of the service', function () {
  this.timeout(40_000);

  /** One for all: what a test leaves there, the next one starts with. */
  let dataDir: string;
  before(async () => {
    dataDir = await makeDataDir();
  });
  afterEach(() => killAll(dataDir));
  after(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`starts, answers, and leaves no process behind after ${signal}`, async () => {
      const service = await startService({}, { dataDir });
      const health = (await (await fetch(`${service.url}/health`)).json()) as { status: string };
      assert.equal(health.status, 'ok');
      assert.equal((await fetch(`${service.url}/readyz`)).status, 200);
      assert.ok((await processesOn(dataDir)).length > 3, 'API, QC worker and database are seen');
      assert.equal(await service.stop(signal), 0);
      assert.match(service.output(), /Assay is ready\.[^]*First admin[^]*Assay is stopping[^]*Assay has stopped\.\n$/);
      assert.doesNotMatch(service.output(), /migrat/, 'no news of a new database');
      assert.deepEqual(await processesOn(dataDir), []);
    });
  }

  it('stops in order on a Ctrl-C that npm passes on a second time', async () => {
    const service = await startService({}, { dataDir });
    process.kill(-service.pid, 'SIGINT');
    assert.equal(await service.stop('SIGINT'), 0);
    assert.deepEqual(await processesOn(dataDir), []);
  });

  it('stops in order when npm, which runs it, is told to end', async () => {
    const service = await startService(NO_WORKERS, { dataDir, byNpm: true });
    assert.equal(await service.stop('SIGTERM'), 0);
    assert.match(service.output(), /Assay has stopped\.\n$/);
    assert.deepEqual(await processesOn(dataDir), []);
  });

  it('finds what was there at the second start', async () => {
    const first = await startService(NO_WORKERS, { dataDir });
    const credentials = await register(first);
    await first.stop();
    const second = await startService(NO_WORKERS, { dataDir });
    assert.equal(await signIn(second, credentials), 200);
    await second.stop();
  });

  it('starts again after kill -9 of everything, with all that was committed', async () => {
    const service = await startService(NO_WORKERS, { dataDir });
    const credentials = await register(service);
    await killAll(dataDir);
    const again = await startService(NO_WORKERS, { dataDir });
    assert.equal(await signIn(again, credentials), 200);
    await again.stop();
  });

  it('takes workers and database along when it is killed itself', async () => {
    const service = await startService({}, { dataDir });
    assert.equal(await service.stop('SIGKILL'), 'SIGKILL');
    await untilGone(dataDir);
  });

  it('replaces a QC worker process that died', async () => {
    const service = await startService({}, { dataDir });
    const worker = await findProcessOn(dataDir, /worker\.js/);
    assert.ok(worker);
    process.kill(worker, 'SIGKILL');
    await until('another is there', async () => {
      const found = await findProcessOn(dataDir, /worker\.js/);
      return found !== undefined && found !== worker;
    });
    assert.equal(await service.stop(), 0);
    assert.deepEqual(await processesOn(dataDir), []);
  });

  it('ends, and says so, when its database is killed', async () => {
    const service = await startService(NO_WORKERS, { dataDir });
    const database = await findProcessOn(dataDir, /postgres -D/);
    assert.ok(database);
    process.kill(database, 'SIGKILL');
    await untilGone(dataDir);
    assert.match(service.output(), /database server ended by itself/);
    assert.equal(await service.stop(), 1);
  });

  it('finishes requests under way before it ends', async () => {
    const service = await startService(NO_WORKERS, { dataDir });
    const credentials = await register(service);
    const body = JSON.stringify(credentials);
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1').setEncoding('utf8');
    let answer = '';
    socket.on('data', (chunk: string) => (answer += chunk));
    const head = ['POST /auth/login HTTP/1.1', 'Host: x', 'Content-Type: application/json'];
    socket.write([...head, `Content-Length: ${body.length}`, '', body.slice(0, 10)].join('\r\n'));
    await fetch(`${service.url}/livez`);
    const stopped = service.stop();
    await refused(service.url);
    const ended = once(socket, 'end');
    socket.write(body.slice(10));
    await ended;
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.equal(await stopped, 0);
  });

  it('runs twice side by side', async () => {
    const otherDir = await makeDataDir();
    const [first, second] = await Promise.all([
      startService(NO_WORKERS, { dataDir }),
      startService(NO_WORKERS, { dataDir: otherDir }),
    ]);
    const credentials = await register(first);
    assert.equal(await signIn(first, credentials), 200);
    assert.equal(await signIn(second, credentials), 401);
    assert.equal(await first.stop(), 0);
    assert.equal((await fetch(`${second.url}/readyz`)).status, 200);
    assert.equal(await second.stop(), 0);
    await rm(otherDir, { recursive: true });
  });

  it('refuses a folder that another service holds, and leaves that one alone', async () => {
    const service = await startService(NO_WORKERS, { dataDir });
    const second = await runToEnd({ DATA_DIR: dataDir });
    assert.equal(second.ending, 1);
    assert.match(second.output, /in use by another running assay \(process \d+\).*DATA_DIR/);
    assert.equal((await fetch(`${service.url}/readyz`)).status, 200);
    assert.equal(await service.stop(), 0);
  });

  it('says when its port is in use, and leaves nothing running', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const ownDir = await makeDataDir();
    const { ending, output } = await runToEnd({ DATA_DIR: ownDir, PORT: String(port) });
    other.close();
    assert.deepEqual(await readdir(ownDir), [], 'nothing was made for it');
    await rm(ownDir, { recursive: true });
    assert.equal(ending, 1);
    assert.match(output, new RegExp(`^assay cannot start: Port ${port} .* is in use.*PORT.*\\n$`));
    assert.deepEqual(await processesOn(dataDir), []);
  });

  it('names every faulty variable at once', async () => {
    const { ending, output } = await runToEnd({
      DATA_DIR: dataDir,
      PORT: 'http',
      WORKER_THREADS: '0',
      PICTURE_DEADLINE_SECONDS: '86401',
      ADMIN_EMAIL: 'x',
      DETECTOR: '/nope',
    });
    assert.equal(ending, 78);
    for (const fault of [
      'PORT: must be a whole number from 0 to 65535',
      'WORKER_THREADS: must be a whole number, 1 or more',
      'PICTURE_DEADLINE_SECONDS: must be a whole number from 1 to 86400',
      'ADMIN_EMAIL: must be an e-mail address',
      'DETECTOR: there is no folder /nope',
    ]) {
      assert.ok(output.includes(`  ${fault}\n`), output);
    }
    assert.doesNotMatch(output, /\n\s+at /, 'no stack');
  });

  it('says what is wrong with a detector’s folder, and leaves nothing running', async () => {
    const { ending, output } = await runToEnd({ DATA_DIR: dataDir, DETECTOR: dataDir });
    assert.equal(ending, 1);
    assert.match(output, /^assay cannot start: Detector: cannot read .*manifest\.json, and there is no config\.json/);
    assert.deepEqual(await processesOn(dataDir), []);
  });

  for (const entry of ['api', 'worker'] as const) {
    it(`needs DATABASE_URL to run the ${entry} alone`, async () => {
      const { ending, output } = await runToEnd({ DATA_DIR: dataDir }, { entry });
      assert.equal(ending, 1);
      assert.match(output, /DATABASE_URL is needed/);
    });
  }

  it('runs as an ordinary user', async function () {
    if (process.getuid?.() !== 0) this.skip(); // All the other tests do.
    if (!isReadableBy(NOBODY, packageRoot)) this.skip();
    const ownDir = await makeDataDir();
    await chown(ownDir, NOBODY.uid, NOBODY.gid);
    const service = await startService({}, { dataDir: ownDir, ids: NOBODY });
    assert.equal(await service.stop(), 0);
    assert.deepEqual(await processesOn(ownDir), []);
    await rm(ownDir, { recursive: true });
  });

  it('runs on a DATA_DIR whose path is too long for a socket and has spaces and commas', async () => {
    const deep = join(dataDir, 'with space, comma', 'd'.repeat(120));
    const service = await startService(NO_WORKERS, { dataDir: deep });
    assert.equal((await fetch(`${service.url}/readyz`)).status, 200);
    assert.equal(await service.stop(), 0);
  });
});

interface Credentials {
  username: string;
  password: string;
}

async function register({ url }: Service): Promise<Credentials> {
  const username = `user-${randomUUID()}`;
  const password = 'SecurePass123';
  const { status } = await post(`${url}/api/users/`, {
    email: `${username}@example.com`,
    username,
    name: 'Ann',
    password,
  });
  assert.equal(status, 201);
  return { username, password };
}

/** The status of the answer: 200 where the account is there. */
async function signIn({ url }: Service, credentials: Credentials): Promise<number> {
  const { status } = await post(`${url}/auth/login`, credentials);
  return status;
}

function post(url: string, body: object): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

/** Waits until nothing new is let in. */
async function refused(url: string): Promise<void> {
  await until('new connections are refused', () =>
    fetch(`${url}/livez`).then(
      () => false,
      () => true,
    ),
  );
}

async function findProcessOn(dataDir: string, commandLine: RegExp): Promise<number | undefined> {
  const pids = await processesOn(dataDir);
  return pids.find((pid) => commandLine.test(findProcess(pid)?.commandLine ?? ''));
}

function isReadableBy({ uid, gid }: typeof NOBODY, folder: string): boolean {
  return spawnSync('test', ['-r', folder], { uid, gid, cwd: '/' }).status === 0;
}
