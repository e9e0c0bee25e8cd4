import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { packageRoot } from '../../src/package-root.js';
import { NamedPipe } from '../support/named-pipe.js';
import { renderPicture } from '../support/pictures.js';
import { QcCustomer, startTestWorker } from '../support/qc.js';
import { startTestServer, type TestServer } from '../support/server.js';

const ABORTS = 'whoever decodes this is gone';
const HANGS = 'whoever decodes this never returns';
const SIDE = 120;

describe('QC worker processes that die', function () {
  this.timeout(120_000);

  let server: TestServer;
  let customer: QcCustomer;

  beforeEach(async () => {
    server = await startTestServer();
    customer = await QcCustomer.signUp(server);
  });
  const workers: { stop: () => Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    await server.stop();
  });

  async function pictures(count: number): Promise<Record<string, Buffer>> {
    const files = await Promise.all(
      Array.from({ length: count }, async (_, seed) => {
        return [`${seed}.jpg`, await renderPicture({ seed, width: SIDE, height: SIDE })] as const;
      }),
    );
    return Object.fromEntries(files);
  }

  async function fatalPicture(marker: string): Promise<Buffer> {
    const picture = await renderPicture({ seed: 100, width: SIDE, height: SIDE });
    return sharp(picture)
      .withExif({ IFD0: { ImageDescription: marker } })
      .jpeg()
      .toBuffer();
  }

  it('over a picture are started again, the picture is found out, and the others are examined', async () => {
    const fatal = { 'fatal.jpg': await fatalPicture(ABORTS) };
    const requestId = await customer.requestWith({ ...(await pictures(4)), ...fatal });
    await customer.run(requestId);
    const worker = startSupervisedWorker(server);
    workers.push(worker);
    const { images_done, images_failed, images_total, errors } = await customer.reached(requestId, 'completed');
    assert.deepEqual([images_done, images_failed, images_total], [5, 1, 5]);
    assert.deepEqual(errors.map(({ filename }) => filename).sort(), ['fatal.jpg']);
    const results = await customer.results(requestId);
    const failed = Object.values(results).filter(({ flags }) => flags.includes('analysis_failed'));
    assert.deepEqual(failed.map(({ filename }) => filename).sort(), ['fatal.jpg']);
    assert.equal(Object.keys(results).length, 5);

    const deaths = worker.deaths();
    assert.ok(deaths > 0, 'it was for real');
    await customer.run(requestId);
    assert.equal((await customer.reached(requestId, 'completed')).images_failed, 1);
    assert.equal(worker.deaths(), deaths, 'the next run knows which to look at with care');

    const previews = () => server.db('images').whereNotNull('thumbnail_key').where({ requestId });
    while ((await previews()).length < 4) await sleep(100);
  });

  it('since a picture never returns are replaced once it is given up, and the others are examined', async () => {
    const { dataDir } = server.services.config;
    const pipe = await NamedPipe.make(dataDir);
    const requestId = await customer.requestWith({ ...(await pictures(4)), 'endless.jpg': await fatalPicture(HANGS) });
    await customer.run(requestId);
    const worker = startSupervisedWorker(server, { HANG_ON: HANGS, HANG_IN: pipe.path, PICTURE_DEADLINE_SECONDS: '4' });
    workers.push(worker);
    const { images_done, images_failed, images_total, errors } = await customer.reached(requestId, 'completed');
    assert.deepEqual([images_done, images_failed, images_total], [5, 1, 5]);
    assert.deepEqual(
      errors.map(({ filename }) => filename),
      ['endless.jpg'],
    );
    const failed = Object.values(await customer.results(requestId)).filter(({ flags }) =>
      flags.includes('analysis_failed'),
    );
    assert.deepEqual(
      failed.map(({ filename }) => filename),
      ['endless.jpg'],
    );

    while (worker.deaths() === 0) await sleep(100);
    await customer.run(requestId);
    assert.equal((await customer.reached(requestId, 'completed')).images_failed, 1);
    assert.equal(worker.deaths(), 1, 'the next run looks at it in a process apart');
  });

  it('while another is up lose nothing, and count nothing twice', async () => {
    const requestId = await customer.requestWith(await pictures(20));
    const [doomed, heir] = [startTestWorker(server), startTestWorker(server)];
    workers.push(heir);
    await customer.run(requestId);
    while ((await customer.status(requestId)).images_done === 0) await sleep(20);
    await doomed.stop('SIGKILL');
    const { images_done, images_total, images_failed } = await customer.reached(requestId, 'completed');
    assert.deepEqual([images_done, images_total, images_failed], [20, 20, 0]);
    assert.equal(Object.keys(await customer.results(requestId)).length, 20);
  });
});

/** What `npm run worker` starts, with a decoder that aborts on pictures that bear a marker, and does not return from others. */
function startSupervisedWorker(
  server: TestServer,
  environment = {},
): { deaths: () => number; stop: () => Promise<void> } {
  const { databaseUrl = '', dataDir, jwtSecret } = server.services.config;
  const preload = join(packageRoot, 'test/support/fatal-pictures.js');
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', join(packageRoot, 'src/worker.ts')], {
    cwd: packageRoot,
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      DATA_DIR: dataDir,
      JWT_SECRET: jwtSecret,
      WORKER_THREADS: '1',
      LOG_LEVEL: 'error',
      ABORT_ON: ABORTS,
      NODE_OPTIONS: `--require ${preload}`,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let log = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (log += text));
  const exited = once(child, 'exit');
  return {
    deaths: () => log.split('QC worker process ended').length - 1,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
