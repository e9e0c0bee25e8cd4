import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import sharp from 'sharp';
import { fingerprintFile } from './engine-thread.js';
import { seededRandom, shuffled } from './random.js';
import type { SizedFiles } from './speed-files.js';
import type { PairwiseTool } from './tools/tool.js';

export interface Contestant {
  name: string;
  process: (file: string) => Promise<unknown>;
  /** Processor seconds spent so far; where it is missing, those of this process. */
  cpuSeconds?: () => Promise<number>;
}

export interface SpeedFigure {
  size: string;
  name: string;
  /** Pictures a processor second: the median of the rounds. */
  perSecond: number;
  /** Half the distance between the quartiles, as a share of the median. */
  noise: number;
  /** How many times as fast as the first contestant, decode alone: the median of the rounds' ratios. */
  besideDecode: number;
  /** Of the rounds, for ratios between two contestants of one round. */
  seconds: number[];
  /** Of the machine, when this was done. */
  load: number;
}

const ROUNDS = 7;

/** Two baselines, ours, then the tools that are real packages. */
export function contestants(tools: readonly PairwiseTool[]): Contestant[] {
  return [
    { name: 'decode alone', process: (file) => sharp(file).raw().toBuffer() },
    { name: 'decode shrunk to 128', process: (file) => sharp(file).resize(128, 128, { fit: 'fill' }).raw().toBuffer() },
    { name: 'ours, tiers 1–3', process: (file) => fingerprintFile({ file, localFeatures: false }) },
    { name: 'ours, all tiers', process: (file) => fingerprintFile({ file, localFeatures: true }) },
    ...tools.map(({ name, describe, cpuSeconds }) => ({ name, process: describe, cpuSeconds })),
  ];
}

/**
 * One picture at a time, in processor seconds of all threads, which other work on the machine disturbs least; every round runs every contestant once over the same files, in an order of its own.
 */
export async function measureSpeed(
  contestants: readonly Contestant[],
  sizes: readonly SizedFiles[],
): Promise<SpeedFigure[]> {
  const figures: SpeedFigure[] = [];
  for (const { name: size, files } of sizes) {
    for (const file of files) await readFile(file);
    const seconds = new Map(contestants.map(({ name }) => [name, [] as number[]]));
    for (let round = -1; round < ROUNDS; round++) {
      for (const { name, process, cpuSeconds = ownCpuSeconds } of shuffled(
        contestants,
        seededRandom(`${size} ${round}`),
      )) {
        const start = await cpuSeconds();
        for (const file of files) await process(file);
        const spent = (await cpuSeconds()) - start;
        // The first round only warms up.
        if (round >= 0) seconds.get(name)!.push(spent);
      }
    }
    const decode = seconds.get(contestants[0]!.name)!;
    for (const [name, own] of seconds) {
      figures.push({
        size,
        name,
        perSecond: files.length / median(own),
        noise: (quantile(own, 0.75) - quantile(own, 0.25)) / 2 / median(own),
        besideDecode: median(own.map((time, round) => decode[round]! / time)),
        seconds: own,
        load: loadavg()[0]!,
      });
    }
  }
  return figures;
}

function ownCpuSeconds(): Promise<number> {
  const { user, system } = process.cpuUsage();
  return Promise.resolve((user + system) / 1e6);
}

/** How many times as fast one is as another: the median of the rounds' ratios. */
export function timesAsFast(one: SpeedFigure, other: SpeedFigure): number {
  return median(one.seconds.map((time, round) => other.seconds[round]! / time));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)]!;
  return below + (sorted[Math.ceil(place)]! - below) * (place - Math.floor(place));
}
