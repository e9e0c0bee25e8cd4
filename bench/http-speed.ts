/**
 * `GET /requests` (20 rows) by REST and by tRPC beside the same statements behind bare Koa and pg, with and without the
 * check of the token, and beside Django REST framework where `bench/peers/django/install.sh` has been run; and one call
 * of 200 files of 5 MB beside writing the same stream to a file. `npm run bench:http`, into `bench/RESULTS.md`.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import Koa from 'koa';
import jwt from 'koa-jwt';
import pg from 'pg';
import { startService } from '../examples/demo/service.js';
import { findRunningPostgres } from '../src/database/running-postgres.js';
import { renderPicture } from '../test/support/pictures.js';
import { startDjango } from './django-peer.js';
import { markdownTable, median, noise, writeSection } from './results-section.js';

const ROUNDS = 5;
const ROUND_MS = 3000;
const CONNECTIONS = 32;
const ROWS = 20;
const FILES = 200;
const FILE_BYTES = 5 * 1024 * 1024;
const PASSWORD = 'correct horse battery staple';

/** What `GET /requests` asks of the database for a customer, token check and all. */
const ACTOR = `select users.id, users.organization_id,
    array(select role_code from user_roles where user_id = users.id order by role_code) as roles
  from users where users.id = $1 and users.is_active and exists (
    select from sessions where sessions.id = $2 and sessions.user_id = users.id and revoked_at is null and expires_at > now())`;
const PAGE = 'select requests.* from requests where owner_id = $1 order by id desc limit $2';
const COUNT = 'select count(*) from requests where owner_id = $1';

interface Ground {
  url: string;
  pid: number;
  token: string;
  userId: string;
  requestId: string;
}

interface Contender {
  name: string;
  url: string;
  headers: Record<string, string>;
}

async function callsPerSecond({ url, headers }: Contender, milliseconds: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const end = performance.now() + milliseconds;
  let calls = 0;
  const client = async () => {
    while (performance.now() < end) {
      const call = request(url, { agent, headers });
      const answering = once(call, 'response') as Promise<[IncomingMessage]>;
      call.end();
      const [answer] = await answering;
      await once(answer.resume(), 'end');
      if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode ?? 0}`);
      calls += 1;
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  agent.destroy();
  return (calls * 1000) / (performance.now() - start);
}

/** The least that could answer the same: no validation, no paging, no errors, no headers of its own. */
async function startBareKoa(databaseUrl: string, secret: string, { userId }: Ground) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  const app = new Koa();
  const checked = jwt({ secret, algorithms: ['HS256'], passthrough: true, key: 'claims' });
  app.use(async (ctx, next) => {
    await (ctx.path === '/checked' ? checked(ctx, next) : next());
  });
  app.use(async (ctx) => {
    if (ctx.path === '/checked') {
      const { sub, sid } = ctx.state.claims as { sub: string; sid: string };
      const { rows } = await pool.query(ACTOR, [sub, sid]);
      if (rows.length === 0) ctx.throw(401);
    }
    const [page, count] = await Promise.all([
      pool.query(PAGE, [userId, ROWS + 1]),
      pool.query<{ count: string }>(COUNT, [userId]),
    ]);
    ctx.set('X-Total-Count', count.rows[0]?.count ?? '');
    ctx.body = page.rows.slice(0, ROWS);
  });
  const server = createServer((call, response) => void app.callback()(call, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await pool.end();
    },
  };
}

async function benchReads(contenders: readonly Contender[]): Promise<Map<string, number[]>> {
  const figures = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (const contender of contenders) await callsPerSecond(contender, 1000);
  // Side by side, so that what else the machine does falls on all of them.
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const contender of contenders) figures.get(contender.name)?.push(await callsPerSecond(contender, ROUND_MS));
  }
  return figures;
}

/** One multipart body: valid pictures of exactly so many bytes, no two alike. */
async function* formBody(boundary: string): AsyncGenerator<Buffer> {
  const picture = await renderPicture({ seed: 1, width: 640, height: 480 });
  const filler = Buffer.alloc(60_000);
  for (let file = 0; file < FILES; file += 1) {
    yield Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${file}.jpg"\r\n\r\n`);
    yield picture.subarray(0, 2);
    filler.writeUInt32BE(file);
    for (let left = FILE_BYTES - picture.length; left > 0; left -= filler.length + 4) {
      const comment = filler.subarray(0, Math.max(4, Math.min(filler.length, left)));
      yield Buffer.from([0xff, 0xfe, (comment.length + 2) >> 8, (comment.length + 2) & 255]);
      yield Buffer.from(comment);
    }
    yield picture.subarray(2);
    yield Buffer.from('\r\n');
  }
  yield Buffer.from(`--${boundary}--\r\n`);
}

async function benchUpload(ground: Ground, scratch: string) {
  const ours: number[] = [];
  const bare: number[] = [];
  const megabytes = (FILES * FILE_BYTES) / 2 ** 20;
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(megabytes / (await stopwatch(() => writeOnly(join(scratch, 'bare')))));
    const made = await fetch(`${ground.url}/requests`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${ground.token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ title: `Upload ${round}` }),
    });
    const { id } = (await made.json()) as { id: string };
    ours.push(megabytes / (await stopwatch(() => upload({ ...ground, requestId: id }))));
  }
  const status = await readFile(`/proc/${ground.pid}/status`, 'utf8');
  return { ours, bare, peak: Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024 };
}

async function upload({ url, token, requestId }: Ground): Promise<void> {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'multipart/form-data; boundary=bench' };
  const call = request(`${url}/requests/${requestId}/uploads`, { method: 'POST', headers });
  const answering = once(call, 'response') as Promise<[IncomingMessage]>;
  await pipeline(Readable.from(formBody('bench'), { objectMode: false }), call);
  const [answer] = await answering;
  const text = Buffer.concat((await answer.toArray()) as Buffer[]).toString();
  if (!text.includes(`"uploaded":${FILES}`)) throw new Error(`The upload was answered ${text.slice(0, 300)}`);
}

/** The same stream over a socket into one file, flushed to the disk at its end. */
async function writeOnly(path: string): Promise<void> {
  const server = createServer((call, response) => {
    void pipeline(call, createWriteStream(path, { flush: true })).then(() => response.end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const call = request(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { method: 'POST' });
  const answering = once(call, 'response') as Promise<[IncomingMessage]>;
  await pipeline(Readable.from(formBody('bench'), { objectMode: false }), call);
  (await answering)[0].resume();
  server.closeAllConnections();
  server.close();
}

async function stopwatch(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function layGround({ url, pid }: { url: string; pid: number }): Promise<Ground> {
  const post = async (path: string, json: object, token?: string) => {
    const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
    const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(json) });
    return (await answer.json()) as { id: string; access_token: string };
  };
  const { id: userId } = await post('/users', { email: 'bench@example.com', name: 'Bench', password: PASSWORD });
  const { access_token: token } = await post('/auth/login', { username: 'bench@example.com', password: PASSWORD });
  let requestId = '';
  for (let row = 0; row < 100; row += 1) {
    const json = { title: `Request ${row}`, description: 'Signs in rain', classes: ['stop', 'yield'] };
    requestId = (await post('/requests', json, token)).id;
  }
  return { url, pid, token, userId, requestId };
}

const scratch = await mkdtemp(join(tmpdir(), 'assay-bench-'));
const secret = 'a secret of the benchmark, 32 bytes and more';
process.env.JWT_SECRET = secret;
const service = await startService(join(scratch, 'data'));
try {
  const ground = await layGround(service);
  const databaseUrl = (await findRunningPostgres(join(scratch, 'data'))) ?? '';
  const bare = await startBareKoa(databaseUrl, secret, ground);
  const django = await startDjango({ databaseUrl, secret, userId: ground.userId });
  const headers = { Authorization: `Bearer ${ground.token}` };
  const contenders: Contender[] = [
    { name: 'REST `GET /requests`', url: `${ground.url}/requests?limit=${ROWS}`, headers },
    {
      name: '`/trpc/requests.list`',
      url: `${ground.url}/trpc/requests.list?input=%7B%22limit%22%3A${ROWS}%7D`,
      headers,
    },
    { name: 'bare Koa + pg, the two statements', url: `${bare.url}/`, headers },
    { name: 'bare Koa + pg, with token and session checked', url: `${bare.url}/checked`, headers },
    ...(django
      ? [{ name: 'Django REST framework + simplejwt, gunicorn', url: django.url, headers: django.headers }]
      : []),
  ];
  const figures = await benchReads(contenders);
  await django?.stop();
  await bare.stop();
  const uploads = await benchUpload(ground, scratch);

  const of = (name: string) => figures.get(name) ?? [];
  const ratio = (one: readonly number[], other: readonly number[]) => {
    const ratios = one.map((value, round) => value / (other[round] ?? Number.NaN));
    return `**${median(ratios).toFixed(2)}** ± ${(noise(ratios) * 100).toFixed(0)} %`;
  };
  const [rest, trpc] = [of(contenders[0]?.name ?? ''), of(contenders[1]?.name ?? '')];
  const reads = contenders.map(({ name }) => ({
    answered: name,
    'calls a second': `${median(of(name)).toFixed(0)} ± ${(noise(of(name)) * 100).toFixed(0)} %`,
    'REST ÷ it': ratio(rest, of(name)),
    'tRPC ÷ it': ratio(trpc, of(name)),
  }));
  const text = [
    '## HTTP',
    `${ROWS} of 100 rows, ${CONNECTIONS} connections kept alive, medians of ${ROUNDS} rounds taken in turn, ± the middle half ` +
      `of them. Load average of the machine at the end: ${loadavg()[0]?.toFixed(1) ?? ''}. Goals: 0.7 of bare Koa, 5 times ` +
      `Django${django ? '' : ' (not installed here, so not measured)'}.`,
    markdownTable(reads),
    `### One upload of ${FILES} × ${FILE_BYTES / 2 ** 20} MB`,
    markdownTable([
      {
        'ours, MB/s': median(uploads.ours).toFixed(0),
        'the stream written to one file, MB/s': median(uploads.bare).toFixed(0),
        'ours ÷ it (goal 0.5)': ratio(uploads.ours, uploads.bare),
        'peak memory of the API process': `${uploads.peak.toFixed(0)} MB`,
      },
    ]),
  ].join('\n\n');
  console.log(text);
  await writeSection('http', 'npm run bench:http', text);
} finally {
  await service.stop();
  await rm(scratch, { recursive: true, force: true });
}
