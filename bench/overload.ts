/**
 * 200 clients at a time with mixed traffic for a minute: answers by status, memory of the API process, and how much 50
 * logins slow the others down. `npm run bench:overload [seconds]`, into `bench/RESULTS.md`.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startService } from '../examples/demo/service.js';
import { renderPicture } from '../test/support/pictures.js';
import { type Latency, measureLatency } from './latency.js';
import { markdownTable, median, noise, writeSection } from './results-section.js';

const SECONDS = Number(process.argv[2] ?? 60);
const CLIENTS = 200;
const LOGINS = 50;
const ROUNDS = 5;
const PASSWORD = 'correct horse battery staple';

interface LoginFigures {
  idle: Latency[];
  busy: Latency[];
}

interface OverloadFigures {
  statuses: Map<number, number>;
  megabytes: { start: number; peak: number; end: number };
  perSecond: number;
}

function report({ idle, busy }: LoginFigures, { statuses, megabytes, perSecond }: OverloadFigures): string {
  const p99 = (latencies: readonly Latency[]) => latencies.map((latency) => latency.p99);
  const ratios = busy.map((latency, round) => latency.p99 / (idle[round]?.p99 ?? Number.NaN));
  const faults = [...statuses].filter(([status]) => status >= 500);
  const rows = [
    {
      figure: `answers to ${CLIENTS} clients in ${SECONDS} s`,
      measured: [...statuses].map(([status, count]) => `${count} × ${status}`).join(', '),
      goal: `no 5xx: ${faults.length === 0 ? 'met' : 'missed'}`,
    },
    { figure: 'answers a second', measured: perSecond.toFixed(0), goal: '' },
    {
      figure: 'memory of the API process, start → peak → end',
      measured: `${megabytes.start.toFixed(0)} → ${megabytes.peak.toFixed(0)} → ${megabytes.end.toFixed(0)} MB`,
      goal: 'flat',
    },
    {
      figure: `p99 of GET /requests while ${LOGINS} logins hash ÷ idle`,
      measured:
        `${median(p99(busy)).toFixed(1)} ms ÷ ${median(p99(idle)).toFixed(1)} ms = **${median(ratios).toFixed(2)}** ` +
        `(median of ${ROUNDS}, ± ${(noise(ratios) * 100).toFixed(0)} %)`,
      goal: '≤ 2',
    },
  ];
  const load = loadavg().map((value) => value.toFixed(1));
  return `## Overload\n\n${markdownTable(rows)}\n\nClients, service and database on one machine of load average ${load[0] ?? ''} at the end.`;
}

class Bench {
  private constructor(
    readonly url: string,
    readonly pid: number,
    readonly token: string,
    readonly requestId: string,
    readonly pictures: readonly Buffer[],
  ) {}

  static async begin({ url, pid }: { url: string; pid: number }): Promise<Bench> {
    const json = { email: 'bench@example.com', name: 'Bench', password: PASSWORD };
    await call(url, 'POST', '/users', { json });
    const login = await call(url, 'POST', '/auth/login', { json: { username: json.email, password: PASSWORD } });
    const token = (login.body as { access_token: string }).access_token;
    const request = await call(url, 'POST', '/requests', { token, json: { title: 'Bench' } });
    const seeds = Array.from({ length: 20 }, (_, seed) => renderPicture({ seed, width: 640, height: 480 }));
    return new Bench(url, pid, token, (request.body as { id: string }).id, await Promise.all(seeds));
  }

  /** Rounds of reading alone, and of reading while as many sign in at once. */
  async logins(): Promise<LoginFigures> {
    const read = async () => {
      const { status } = await this.#read();
      if (status !== 200) throw new Error(`GET /requests answered ${status}`);
    };
    await measureLatency(read, 2);
    const figures: LoginFigures = { idle: [], busy: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      figures.idle.push(await measureLatency(read, 5));
      const done = new AbortController();
      const signingIn = Promise.all(Array.from({ length: LOGINS }, () => this.#logIn())).finally(() => done.abort());
      figures.busy.push(await measureLatency(read, 60, done.signal));
      const statuses = (await signingIn).map(({ status }) => status);
      if (statuses.some((status) => status !== 200)) throw new Error(`Logins answered ${statuses.join(' ')}`);
    }
    return figures;
  }

  async overload(): Promise<OverloadFigures> {
    const statuses = new Map<number, number>();
    const start = await this.#megabytes();
    let peak = start;
    const end = performance.now() + SECONDS * 1000;
    const client = async (index: number) => {
      for (let turn = index; performance.now() < end; turn += 1) {
        const { status } = await this.#mixed(turn);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    const watch = (async () => {
      while (performance.now() < end) {
        peak = Math.max(peak, await this.#megabytes());
        await sleep(250);
      }
    })();
    await Promise.all([watch, ...Array.from({ length: CLIENTS }, (_, index) => client(index))]);
    const answers = [...statuses.values()].reduce((sum, count) => sum + count, 0);
    await sleep(5000);
    return { statuses, megabytes: { start, peak, end: await this.#megabytes() }, perSecond: answers / SECONDS };
  }

  /** Of a hundred calls 78 read, 10 come by tRPC, 10 upload, one orders and one signs in. */
  #mixed(turn: number): Promise<Answer> {
    const kind = (turn * 37) % 100;
    if (kind < 40) return this.#read();
    if (kind < 60) return this.#call('GET', `/requests/${this.requestId}`);
    if (kind < 78) return this.#call('GET', `/requests/${this.requestId}/uploads?limit=20`);
    if (kind < 88) return this.#call('GET', '/trpc/requests.list?input=%7B%22limit%22%3A20%7D');
    if (kind < 98) return this.#upload(this.pictures[turn % this.pictures.length] ?? Buffer.alloc(0));
    return kind < 99 ? this.#call('POST', '/requests', { title: 'Under load' }) : this.#logIn();
  }

  #read = () => this.#call('GET', '/requests?limit=20');

  #logIn = () => call(this.url, 'POST', '/auth/login', { json: { username: 'bench@example.com', password: PASSWORD } });

  #call = (method: string, path: string, json?: object) =>
    call(this.url, method, path, { token: this.token, ...(json && { json }) });

  #upload(picture: Buffer): Promise<Answer> {
    const form = new FormData();
    form.append('files', new File([new Uint8Array(picture)], 'bench.jpg', { type: 'image/jpeg' }));
    return call(this.url, 'POST', `/requests/${this.requestId}/uploads`, { token: this.token, form });
  }

  async #megabytes(): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  }
}

interface Answer {
  status: number;
  body: unknown;
}

async function call(
  url: string,
  method: string,
  path: string,
  { token, json, form }: { token?: string; json?: object; form?: FormData },
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(json && { 'Content-Type': 'application/json' }),
    },
    body: form ?? (json ? JSON.stringify(json) : null),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
}

const scratch = await mkdtemp(join(tmpdir(), 'assay-bench-'));
try {
  const service = await startService(join(scratch, 'data'));
  try {
    const bench = await Bench.begin(service);
    const logins = await bench.logins();
    const overload = await bench.overload();
    const text = report(logins, overload);
    console.log(text);
    await writeSection('overload', 'npm run bench:overload', text);
  } finally {
    await service.stop();
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}
