/**
 * The main job under load: 1,000 and then 10,000 pictures of about one megapixel in one request, uploaded and looked at,
 * while another client goes on reading, and how the time grows. `npm run bench [pictures …]`, into `bench/RESULTS.md`.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { createClient, uploadFiles, type AssayClient } from '../client/node.js';
import { startService } from '../examples/demo/service.js';
import { measureLatency } from './latency.js';
import { renderBenchFolder } from './pictures.js';
import { markdownTable, writeSection } from './results-section.js';

const counts = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1000, 10_000];
const LATENCY_SECONDS = 15;
const PASSWORD = 'correct horse battery staple';

const results: Result[] = [];
for (const count of counts) results.push(await measure(count));
const text = report(results);
console.log(text);
await writeSection('main-job', 'npm run bench', text);

interface Result {
  count: number;
  qcSeconds: number;
  figures: Record<string, Figure>;
}

async function measure(count: number): Promise<Result> {
  const scratch = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  try {
    console.log(`Rendering ${count} pictures …`);
    const files = await renderBenchFolder(join(tmpdir(), 'assay-bench-pictures'), count);
    const service = await startService(join(scratch, 'data'));
    try {
      const result = { count, ...(await bench(service, files)) };
      console.table(result.figures);
      return result;
    } finally {
      await service.stop();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function report(all: readonly Result[]): string {
  const tables = all.map(({ count, figures }) => {
    const rows = Object.entries(figures).map(([figure, cells]) => ({ figure, ...cells }));
    return `### ${count.toLocaleString('en')} pictures\n\n${markdownTable(rows)}`;
  });
  const growth = all.slice(1).map(({ count, qcSeconds }, index) => {
    const before = all[index] ?? { count, qcSeconds };
    const [more, longer] = [count / before.count, qcSeconds / before.qcSeconds];
    return (
      `From ${before.count.toLocaleString('en')} to ${count.toLocaleString('en')} pictures, ${more.toFixed(1)} times as many, ` +
      `quality control took ${longer.toFixed(1)} times as long: **${(longer / more).toFixed(2)}** (goal: linear, 1).`
    );
  });
  const load = `Load average ${loadavg()[0]?.toFixed(1) ?? ''} at the end, the bench’s own included.`;
  return ['## The main job', ...tables, ...growth, load].join('\n\n');
}

interface Figure {
  measured: string;
  baseline: string;
  ratio: string;
  goal: string;
}

async function bench(service: { url: string; pid: number }, files: string[]): Promise<Omit<Result, 'count'>> {
  const { client, token } = await signUp(service.url);
  const request = await client.requests.create.mutate({ title: 'Bench' });
  const readRequests = async () => {
    const response = await fetch(`${service.url}/requests`, { headers: { Authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`GET /requests answered ${response.status}`);
    await response.arrayBuffer();
  };
  await measureLatency(readRequests, 3);
  const idle = await measureLatency(readRequests, LATENCY_SECONDS);
  const idleMemory = await memory(service.pid, 'VmRSS');

  const uploadSeconds = await stopwatch(async () => {
    const { uploaded, errors } = await uploadFiles(client, request.id, files);
    if (uploaded !== files.length) throw new Error(`${uploaded} uploaded, ${JSON.stringify(errors.slice(0, 3))}`);
  });
  const readSeconds = await stopwatch(async () => {
    for (const file of files) await readFile(file);
  });
  await thumbnailsMade(client, request.id);

  const finished = new AbortController();
  await client.qc.run.mutate({ request_id: request.id });
  const qc = stopwatch(() => runToEnd(client, request.id, 500)).finally(() => {
    finished.abort();
  });
  const busy = await measureLatency(readRequests, LATENCY_SECONDS, finished.signal);
  const qcSeconds = await qc;
  const peakMemory = await memory(service.pid, 'VmHWM');
  await client.qc.run.mutate({ request_id: request.id });
  const secondSeconds = await stopwatch(() => runToEnd(client, request.id, 20));
  const decodeSeconds = await decodeAll(files);

  const perSecond = (seconds: number) => `${(files.length / seconds).toFixed(1)} pictures/s`;
  const milliseconds = (value: number) => `${value.toFixed(1)} ms`;
  const megabytes = (value: number) => `${value.toFixed(0)} MB`;
  const figures = {
    'GET /requests p50, QC running | idle': {
      measured: milliseconds(busy.p50),
      baseline: milliseconds(idle.p50),
      ratio: (busy.p50 / idle.p50).toFixed(2),
      goal: '',
    },
    'GET /requests p99, QC running | idle': {
      measured: milliseconds(busy.p99),
      baseline: milliseconds(idle.p99),
      ratio: (busy.p99 / idle.p99).toFixed(2),
      goal: '≤ 3',
    },
    'API process memory, peak | idle': {
      measured: megabytes(peakMemory),
      baseline: megabytes(idleMemory),
      ratio: (peakMemory / idleMemory).toFixed(2),
      goal: '< 250 MB',
    },
    'Upload | reading the files from disk': {
      measured: perSecond(uploadSeconds),
      baseline: perSecond(readSeconds),
      ratio: (uploadSeconds / readSeconds).toFixed(1),
      goal: '',
    },
    [`QC on ${cpus().length} cores | decoding alone on one`]: {
      measured: perSecond(qcSeconds),
      baseline: perSecond(decodeSeconds),
      ratio: (qcSeconds / decodeSeconds).toFixed(2),
      goal: '',
    },
    'QC again, nothing changed | the first run': {
      measured: `${secondSeconds.toFixed(2)} s`,
      baseline: `${qcSeconds.toFixed(2)} s`,
      ratio: (secondSeconds / qcSeconds).toFixed(4),
      goal: '',
    },
  };
  return { qcSeconds, figures };
}

async function signUp(url: string): Promise<{ client: AssayClient; token: string }> {
  const email = 'bench@example.com';
  await createClient({ url }).users.create.mutate({ email, password: PASSWORD, name: 'Bench' });
  const { access_token: token } = await createClient({ url }).auth.login.mutate({ email, password: PASSWORD });
  return { client: createClient({ url, token }), token };
}

/** The worker's other work, which is not to be measured with quality control. */
async function thumbnailsMade(client: AssayClient, requestId: string): Promise<void> {
  for (const { preview_url: url } of await client.uploads.list.query({ request_id: requestId })) {
    while (url !== null && (await fetch(url, { method: 'HEAD', redirect: 'manual' })).status === 503) await sleep(500);
  }
}

async function runToEnd(client: AssayClient, requestId: string, lookEveryMs: number): Promise<void> {
  for (;;) {
    const { status } = await client.qc.status.query({ request_id: requestId });
    if (status === 'completed') return;
    if (status === 'failed' || status === 'cancelled') throw new Error(`The run is ${status}`);
    await sleep(lookEveryMs);
  }
}

async function decodeAll(files: string[]): Promise<number> {
  sharp.concurrency(1);
  return stopwatch(async () => {
    for (const file of files) await sharp(file).raw().toBuffer();
  });
}

async function stopwatch(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Megabytes, from Linux's `/proc/<pid>/status`. */
async function memory(pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
}
