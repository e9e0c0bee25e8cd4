/**
 * What quality control does with one picture, stage by stage beside decoding it alone, and how many pictures a second
 * one thread, two threads and two processes look at. `npm run bench:qc [pictures]`, into `bench/RESULTS.md`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { loadConfig } from '../src/config.js';
import { isEntryFile } from '../src/entry-file.js';
import { AnalysisPool } from '../src/queue/analysis-pool.js';
import type { AnalysisTask } from '../workers/analysis.js';
import { decode } from '../workers/decode.js';
import { loadDetector } from '../workers/detector.js';
import { fingerprint } from '../workers/fingerprint.js';
import { readProvenance } from '../workers/provenance.js';
import { renderBenchFolder } from './pictures.js';
import { markdownTable, median, noise, writeSection } from './results-section.js';

const ROUNDS = 5;
const WARM_UP = 4;
const { detectorFolder, limits } = loadConfig({});

const taskOf = (path: string): AnalysisTask => ({ path, contentType: 'image/jpeg', maxPixels: limits.maxImagePixels });
const decodeAlone = (path: string) => sharp(path).raw().toBuffer();

/** How the work is shared out. */
const arrangements = [
  { name: '1 thread', processes: 1, threads: 1 },
  { name: '2 threads', processes: 1, threads: 2 },
  { name: '2 processes', processes: 2, threads: 1 },
];

type Work = 'decode' | 'analyse';

interface Usage {
  seconds: number;
  processorMs: number;
}

/** Of this process, libuv's threads included, since it was made. */
function usage(): () => Usage {
  const start = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { seconds: (performance.now() - start) / 1000, processorMs: (user + system) / 1000 };
  };
}

/** Processor milliseconds a picture by stage, one picture after the other, round by round. */
async function benchStages(files: readonly string[]): Promise<Map<string, number[]>> {
  sharp.concurrency(1);
  const detector = await loadDetector(detectorFolder);
  const rounds = new Map<string, number[]>();
  const look = async (path: string, note: (stage: string, spent: number) => void) => {
    const stage = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
      const used = usage();
      const result = await work();
      note(name, used().processorMs);
      return result;
    };
    await stage('decode alone', () => decodeAlone(path));
    await stage('provenance', () => readProvenance(taskOf(path)));
    const { pixels } = await stage('decode', () => decode(taskOf(path)));
    if (!pixels) throw new Error(`${path} cannot be decoded`);
    await stage('hash', () => fingerprint(pixels));
    await stage('detector', () => detector.score(pixels));
  };
  for (const path of files.slice(0, WARM_UP)) await look(path, () => undefined);
  for (let round = 0; round < ROUNDS; round += 1) {
    const spent = new Map<string, number>();
    for (const path of files) await look(path, (stage, ms) => spent.set(stage, (spent.get(stage) ?? 0) + ms));
    for (const [stage, ms] of spent) rounds.set(stage, [...(rounds.get(stage) ?? []), ms / files.length]);
  }
  return rounds;
}

/** Pictures a second, and processor milliseconds a picture, of each piece of work in each arrangement. */
async function benchArrangements(files: readonly string[]) {
  const figures = new Map<string, { perSecond: number[]; processorMs: number[] }>();
  for (const { name, processes, threads } of arrangements) {
    const children = Array.from({ length: processes }, () =>
      fork(import.meta.filename, [String(threads)], { execArgv: ['--import', 'tsx'] }),
    );
    await Promise.all(children.map((child) => once(child, 'message')));
    for (let round = -1; round < ROUNDS; round += 1) {
      for (const work of ['decode', 'analyse'] as const) {
        const start = performance.now();
        const used = await Promise.all(
          children.map((child, part) =>
            order(
              child,
              work,
              files.filter((_, at) => at % processes === part),
            ),
          ),
        );
        const seconds = (performance.now() - start) / 1000;
        // The first round is for threads to start and the detector to be loaded.
        if (round < 0) continue;
        const figure = figures.get(`${work} ${name}`) ?? { perSecond: [], processorMs: [] };
        figure.perSecond.push(files.length / seconds);
        figure.processorMs.push(used.reduce((sum, { processorMs }) => sum + processorMs, 0) / files.length);
        figures.set(`${work} ${name}`, figure);
      }
    }
    for (const child of children) child.disconnect();
  }
  return figures;
}

async function order(child: ChildProcess, work: Work, files: readonly string[]): Promise<Usage> {
  const answered = once(child, 'message') as Promise<[Usage]>;
  child.send({ work, files });
  return (await answered)[0];
}

/** One of the processes that look: told what to do, it says what that took. */
function serve(threads: number): void {
  sharp.concurrency(1);
  const pool = new AnalysisPool({ threads, detectorFolder });
  process.on('message', ({ work, files }: { work: Work; files: string[] }) => {
    const used = usage();
    const left = [...files];
    const lookOn = async () => {
      for (let path = left.pop(); path !== undefined; path = left.pop()) {
        await (work === 'decode' ? decodeAlone(path) : pool.analyse(taskOf(path)));
      }
    };
    void Promise.all(Array.from({ length: threads }, lookOn)).then(() => process.send?.(used()));
  });
  process.once('disconnect', () => void pool.close().then(() => process.exit()));
  process.send?.('ready');
}

const figure = (values: readonly number[]) => `${median(values).toFixed(1)} ± ${(noise(values) * 100).toFixed(0)} %`;
const ratio = (one: readonly number[], other: readonly number[]) =>
  median(one.map((value, round) => value / (other[round] ?? Number.NaN))).toFixed(2);

function report(
  count: number,
  stages: Map<string, number[]>,
  shared: Awaited<ReturnType<typeof benchArrangements>>,
): string {
  const of = (stage: string) => stages.get(stage) ?? [];
  const alone = of('decode alone');
  const sum = (names: readonly string[]) =>
    alone.map((_, round) => names.reduce((total, name) => total + (of(name)[round] ?? Number.NaN), 0));
  const row = (stage: string, values: readonly number[], goal = '') => ({
    stage,
    'processor ms a picture': figure(values),
    'decode alone ÷ it': ratio(alone, values),
    goal,
  });
  const none = { perSecond: [], processorMs: [] };
  return [
    '## Quality control, a picture',
    markdownTable([
      row('decode alone (sharp, all pixels)', alone),
      row('provenance', of('provenance')),
      row('decode', of('decode')),
      row('hash (fingerprint for all tiers)', of('hash')),
      row('decode + hash', sum(['decode', 'hash']), '≥ 0.7'),
      row('detector', of('detector')),
      row('all stages', sum(['provenance', 'decode', 'hash', 'detector'])),
    ]),
    markdownTable(
      arrangements.map(({ name }) => {
        const [all, decoded] = [shared.get(`analyse ${name}`) ?? none, shared.get(`decode ${name}`) ?? none];
        return {
          arrangement: name,
          'pictures a second': figure(all.perSecond),
          'processor ms a picture': figure(all.processorMs),
          'decode alone, a second': figure(decoded.perSecond),
          'all stages ÷ decode alone': ratio(all.perSecond, decoded.perSecond),
        };
      }),
    ),
    `${count} rendered JPEGs of 1200 × 900, medians of ${ROUNDS} rounds, ± the middle half of them, on ${cpus().length} cores ` +
      `(${cpus()[0]?.model ?? ''}) of load average ${loadavg()[0]?.toFixed(1) ?? ''} at the end.`,
  ].join('\n\n');
}

if (process.send) {
  serve(Number(process.argv[2]));
} else if (isEntryFile(import.meta.url)) {
  const count = Number(process.argv[2] ?? 60);
  const files = await renderBenchFolder(join(tmpdir(), 'assay-bench-pictures'), count);
  const shared = await benchArrangements(files);
  const text = report(count, await benchStages(files), shared);
  console.log(text);
  await writeSection('qc', 'npm run bench:qc', text);
}
