/**
 * `GET /requests` (20 rows) by REST and by tRPC beside the same query behind bare Koa and pg, with and without the check
 * of the token, and beside Django REST framework where `bench/peers/django/install.sh` has been run: process beside
 * process, and all the processes of a machine beside each other. And one call of 200 files of 5 MB beside writing the
 * same stream to a file. `npm run bench:http`, into `bench/RESULTS.md`.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { startService } from '../examples/demo/service.js';
import { findRunningPostgres } from '../src/database/running-postgres.js';
import { renderPicture } from '../test/support/pictures.js';
import { startBareKoa } from './bare-koa.js';
import { startDjango } from './django-peer.js';
import { startMoreApis } from './more-apis.js';
import { processorMs } from './processor-time.js';
import { markdownTable, median, noise, writeSection } from './results-section.js';

const ROUNDS = 5;
const ROUND_MS = 3000;
const CONNECTIONS = 32;
const ROWS = 20;
const FILES = 200;
const FILE_BYTES = 5 * 1024 * 1024;
const PASSWORD = 'correct horse battery staple';

interface Ground {
  url: string;
  pid: number;
  token: string;
  userId: string;
  requestId: string;
}

interface Contender {
  name: string;
  /** Connections are shared out among them. */
  urls: readonly string[];
  headers: Record<string, string>;
  /** Of the processes that answer. */
  pids: readonly number[];
}

interface Figures {
  callsPerSecond: number[];
  /** A call. */
  processorMs: number[];
}

async function measure(
  { urls, headers, pids }: Contender,
  milliseconds: number,
): Promise<{ callsPerSecond: number; processorMs: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const end = performance.now() + milliseconds;
  let calls = 0;
  const client = async (url: string) => {
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
  const before = await processorMs(pids);
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => client(urls[index % urls.length] ?? '')));
  const seconds = (performance.now() - start) / 1000;
  agent.destroy();
  return { callsPerSecond: calls / seconds, processorMs: ((await processorMs(pids)) - before) / calls };
}

async function benchReads(contenders: readonly Contender[]): Promise<Map<string, Figures>> {
  const figures = new Map<string, Figures>();
  for (const contender of contenders) {
    figures.set(contender.name, { callsPerSecond: [], processorMs: [] });
    await measure(contender, 1000);
  }
  // Side by side, so that what else the machine does falls on all of them.
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const contender of contenders) {
      const figure = await measure(contender, ROUND_MS);
      figures.get(contender.name)?.callsPerSecond.push(figure.callsPerSecond);
      figures.get(contender.name)?.processorMs.push(figure.processorMs);
    }
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
  const cores = availableParallelism();
  const more = await startMoreApis(cores - 1, {
    DATABASE_URL: databaseUrl,
    DATA_DIR: join(scratch, 'data'),
    STORAGE_URL: `file:${join(scratch, 'data', 'storage')}`,
  });
  const bare = await startBareKoa({ databaseUrl, secret, userId: ground.userId, limit: ROWS });
  const djangoGround = { databaseUrl, secret, userId: ground.userId };
  const workers = 2 * cores + 1;
  const djangoProcess = await startDjango(djangoGround, { workers: 1, port: 8763 });
  const djangoMachine = await startDjango(djangoGround, { workers, port: 8764 });
  const headers = { Authorization: `Bearer ${ground.token}` };
  const rest = (url: string) => `${url}/requests?limit=${ROWS}`;
  const trpc = (url: string) => `${url}/trpc/requests.list?input=%7B%22limit%22%3A${ROWS}%7D`;
  const ours = {
    rest: { name: 'REST `GET /requests`, one process', urls: [rest(ground.url)], headers, pids: [ground.pid] },
    trpc: { name: '`/trpc/requests.list`, one process', urls: [trpc(ground.url)], headers, pids: [ground.pid] },
    machine: {
      name: `REST, ${cores} processes`,
      urls: [ground.url, ...more.urls].map(rest),
      headers,
      pids: [ground.pid, ...more.pids],
    },
  };
  const contenders: Contender[] = [
    ...Object.values(ours),
    { name: 'bare Koa + pg, page and count', urls: [`${bare.url}/`], headers, pids: [bare.pid] },
    { name: '… token and session checked, secret as text', urls: [`${bare.url}/text`], headers, pids: [bare.pid] },
    { name: '… token and session checked, secret as a key', urls: [`${bare.url}/key`], headers, pids: [bare.pid] },
    { name: '… the same by our statements, prepared', urls: [`${bare.url}/ours`], headers, pids: [bare.pid] },
    ...(djangoProcess ? [{ name: 'Django, one process', ...djangoProcess, urls: [djangoProcess.url] }] : []),
    ...(djangoMachine ? [{ name: `Django, ${workers} processes`, ...djangoMachine, urls: [djangoMachine.url] }] : []),
  ];
  const figures = await benchReads(contenders);
  await djangoProcess?.stop();
  await djangoMachine?.stop();
  bare.stop();
  await more.stop();
  const uploads = await benchUpload(ground, scratch);

  const of = (name: string) => figures.get(name)?.callsPerSecond ?? [];
  const processor = (name: string) => figures.get(name)?.processorMs ?? [];
  const ratio = (one: readonly number[], other: readonly number[]) => {
    const ratios = one.map((value, round) => value / (other[round] ?? Number.NaN));
    return `**${median(ratios).toFixed(2)}** ± ${(noise(ratios) * 100).toFixed(0)} %`;
  };
  const reads = contenders.map(({ name }) => ({
    answered: name,
    'calls a second': `${median(of(name)).toFixed(0)} ± ${(noise(of(name)) * 100).toFixed(0)} %`,
    'processor ms a call': `${median(processor(name)).toFixed(2)} ± ${(noise(processor(name)) * 100).toFixed(0)} %`,
    'its processor time ÷ REST’s': ratio(processor(name), processor(ours.rest.name)),
    'REST ÷ it': ratio(of(ours.rest.name), of(name)),
    'tRPC ÷ it': ratio(of(ours.trpc.name), of(name)),
    [`${cores} processes ÷ it`]: ratio(of(ours.machine.name), of(name)),
  }));
  const text = [
    '## HTTP',
    `${ROWS} of 100 rows, ${CONNECTIONS} connections kept alive, medians of ${ROUNDS} rounds taken in turn, ± the middle half ` +
      `of them. Clients, services and database share ${cores} cores; load average at the end: ${loadavg()[0]?.toFixed(1) ?? ''}. ` +
      'Processor time is that of the answering processes without the database’s, and depends less on what else the ' +
      'machine does. Goals: 0.7 of bare Koa that asks the same, 5 times Django. Django is Django REST framework with simplejwt under ' +
      `gunicorn, four threads a process${djangoMachine ? '' : '; it is not installed here, so not measured'}.`,
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
