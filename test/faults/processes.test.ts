import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { connect as connectDatabase } from '../../src/database/connection.js';
import { sweepStorage } from '../../src/features/uploads/sweep-storage.js';
import { DiskStorage } from '../../src/storage/disk-storage.js';
import { type Part, runToEnd, until } from '../support/processes.js';
import { Customer, Ground, pictures } from './ground.js';

/** How this user may give a process mounts of its own; root outside a user namespace, to reach the database's socket. */
const apart = process.getuid?.() === 0 ? '-m' : '-rm';
const canMount = spawnSync('unshare', [apart, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

describe('processes of one service on one database', function () {
  this.timeout(180_000);

  let ground: Ground;
  let first: Part;
  let customer: Customer;
  before(async () => {
    ground = await Ground.lay();
    first = await ground.start('api', { SHUTDOWN_DELAY_SECONDS: '1' });
    customer = await Customer.signUp(first.url);
  });
  after(() => ground.remove());

  it('know at once what another has changed: they keep no settings, sessions or rights of their own', async () => {
    const second = await ground.start('api');
    await ground.query(
      `insert into user_roles (user_id, role_code)
       select owner_id, 'SUPER_ADMIN' from requests where id = $1`,
      [customer.requestId],
    );
    const elsewhere = customer.at(second.url);
    for (const threshold of [0.5, 0.6, 0.7]) {
      assert.equal((await customer.call('PUT', '/admin/settings', { ai_threshold: threshold })).status, 200);
      assert.equal((await elsewhere.call('GET', '/admin/settings')).body.ai_threshold, threshold);
    }
    await ground.query(`delete from user_roles where role_code = 'SUPER_ADMIN'`);
    assert.equal((await elsewhere.call('GET', '/admin/settings')).status, 403);
    assert.equal(await second.stop(), 0);
  });

  for (const entry of ['api', 'worker'] as const) {
    it(`do not start where the database is of a newer release (${entry})`, async () => {
      await ground.query(`insert into knex_migrations (name, batch) values ('29990101000000_flying_cars', 9)`);
      const { ending, output } = await runToEnd(
        { DATABASE_URL: ground.databaseUrl, DATA_DIR: ground.dataDir },
        { entry },
      );
      await ground.query(`delete from knex_migrations where name = '29990101000000_flying_cars'`);
      assert.equal(ending, 1);
      assert.match(output, /assay cannot start: The database was migrated by a newer release/);
    });
  }

  it('leave nothing of an upload in whose midst they are killed, once it is swept', async () => {
    const victim = await ground.start('api');
    const [kept, picture] = await pictures(2);
    assert.equal((await customer.upload([kept!])).body.uploaded, 1);
    const before = await ground.storedFiles();
    const socket = beginUpload(customer.at(victim.url), picture!);
    await until('one file is whole and one half there', async () => {
      return (await ground.storedFiles()).length === before.length + 2;
    });
    assert.equal(await victim.stop('SIGKILL'), 'SIGKILL');
    socket.destroy();
    assert.equal((await customer.images()).length, 1);

    const storage = await DiskStorage.open({ folder: ground.storage, publicUrl: first.url, signingKey: 'k' });
    const db = connectDatabase(ground.databaseUrl, {
      poolSize: 2,
      applicationName: 'test',
      log: pino({ level: 'silent' }),
    });
    const running = { shutdown: new AbortController().signal };
    await sweepStorage({ db, storage }, {}, running);
    assert.equal((await ground.storedFiles()).length, before.length + 3, 'too young, and the mark of the sweep');
    await sweepStorage({ db, storage, abandonedAfterSeconds: 0 }, {}, running);
    await db.destroy();
    assert.equal((await ground.storedFiles()).length, before.length + 1);
    assert.equal((await customer.upload([picture!])).body.uploaded, 1);
  });

  it('answer 507 while the disk is full, keep nothing by halves, and go on when there is room', async function () {
    if (!canMount) this.skip(); // A disk of its own for one process needs user namespaces.
    const mounted = [
      'unshare',
      apart,
      'sh',
      '-c',
      `mkdir -p "$0" && mount -t tmpfs -o size=300k tmpfs "$0" && exec "$@"`,
    ];
    const folder = `${ground.dataDir}/small`;
    const part = await ground.start('api', { STORAGE_URL: `file:${folder}` }, [...mounted, folder]);
    const there = customer.at(part.url);
    const before = (await customer.images()).length;
    const files = await Promise.all([sizedPicture(250), sizedPicture(250)]);
    const refused = await there.upload(files);
    assert.deepEqual([refused.status, refused.body.code], [507, 'storage_full'], JSON.stringify(refused.body));
    assert.match(refused.body.message as string, /full/);
    assert.equal((await customer.images()).length, before);
    // What it left would leave no room for this one.
    const taken = await there.upload([await sizedPicture(200)]);
    assert.deepEqual([taken.status, taken.body.uploaded], [200, 1]);
    assert.equal(part.ending(), undefined);
    assert.equal(await part.stop(), 0);
  });

  it('say first that they are not ready, answer all that still comes, and then end', async () => {
    const leaving = await ground.start('api', { SHUTDOWN_DELAY_SECONDS: '2' });
    const port = Number(new URL(leaving.url).port);
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    const failures: unknown[] = [];
    const states: number[] = [];
    let answered = 0;
    const clients = Array.from({ length: 16 }, async () => {
      for (;;) {
        const outcome = await callOnce(agent, port, '/requests', customer.token);
        if (outcome === 200 || outcome === LAST_ANSWER) answered += 1;
        else failures.push(outcome);
        if (outcome !== 200) return;
      }
    });
    const prober = (async () => {
      for (;;) {
        const outcome = await callOnce(new Agent({ keepAlive: true }), port, '/readyz');
        if (typeof outcome === 'string' && outcome !== LAST_ANSWER) return;
        states.push(typeof outcome === 'number' ? outcome : 200);
        await sleep(20);
      }
    })();
    await sleep(300);
    const slow = beginUpload(customer.at(leaving.url), (await pictures(1, 200))[0]!);
    await sleep(100);
    const before = answered;
    const ended = leaving.stop('SIGTERM');
    await until('it says that it is not ready', () => states.at(-1) === 503);
    slow.finish(Buffer.concat([(await pictures(2, 210))[1]!, Buffer.from('\r\n--break--\r\n')]));
    const [answer] = (await once(slow.setEncoding('utf8'), 'data')) as [string];
    assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*\r\nConnection: close\r\n/i);
    assert.equal(await ended, 0);
    await Promise.all([...clients, prober]);
    agent.destroy();
    assert.deepEqual(failures, []);
    assert.ok(before > 0 && answered >= before);
    assert.equal(states.indexOf(503) > 0, true);
    assert.deepEqual([...new Set(states.slice(states.indexOf(503)))], [503]);
  });
});

/** A 200 after which the server wants no more on that connection. */
const LAST_ANSWER = 'the last answer';

/** One whole picture and the beginning of another; whoever holds the socket may send the rest. */
function beginUpload({ url, token, requestId }: Customer, picture: Buffer) {
  const part = (name: string) => `--break\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\n\r\n`;
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    `POST /requests/${requestId}/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
      'Content-Type: multipart/form-data; boundary=break\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  const send = (bytes: Buffer) => {
    socket.write(`${bytes.length.toString(16)}\r\n`);
    socket.write(bytes);
    socket.write('\r\n');
  };
  send(Buffer.concat([Buffer.from(part('whole.jpg')), picture, Buffer.from(`\r\n${part('half.jpg')}`)]));
  send(picture.subarray(0, 200));
  return Object.assign(socket, {
    finish: (rest: Buffer) => {
      send(rest);
      socket.write('0\r\n\r\n');
    },
  });
}

/** The status, `refused` where nobody listens any more, or what went wrong. */
async function callOnce(agent: Agent, port: number, path: string, token = ''): Promise<number | string> {
  try {
    const call = request({ agent, port, host: '127.0.0.1', path, headers: { Authorization: `Bearer ${token}` } });
    const answering = once(call, 'response') as Promise<[import('node:http').IncomingMessage]>;
    call.end();
    const [answer] = await answering;
    await once(answer.resume(), 'end');
    if (answer.statusCode === 200 && answer.headers.connection === 'close') return LAST_ANSWER;
    return answer.statusCode ?? 0;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ECONNREFUSED' ? 'refused' : String(code);
  }
}

/** A JPEG of about so many kilobytes: the picture's comments are noise. */
async function sizedPicture(kilobytes: number): Promise<Buffer> {
  const [picture] = await pictures(1, 64);
  const segments: Buffer[] = [];
  for (let left = kilobytes * 1024; left > 0; left -= 60_000) {
    const noise = randomBytes(Math.min(left, 60_000));
    segments.push(Buffer.from([0xff, 0xfe, (noise.length + 2) >> 8, (noise.length + 2) & 255]), noise);
  }
  return Buffer.concat([picture!.subarray(0, 2), ...segments, picture!.subarray(2)]);
}
