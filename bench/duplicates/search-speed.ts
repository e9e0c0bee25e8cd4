import { Piscina } from 'piscina';
import type { Fingerprint } from '../../workers/fingerprint.js';
import { FingerprintIndex, type Candidate } from '../../workers/match/fingerprint-index.js';
import { LocalIndex } from '../../workers/match/local-index.js';
import type { CompareTask, SearchTask } from '../../workers/match/match-task.js';
import type { PairMatch } from '../../workers/match/pair-match.js';
import { median } from './speed.js';
import { madeUpFingerprint, varyDescriptor } from './made-up-fingerprint.js';
import { seededRandom, type Random } from './random.js';

const KNOWN = 1_000_000;
const QUERIES = 40;
const REQUEST = 100_000;
const RADIUS = 31;
const OURS_TO_THE_PICTURE = 32 + 64;
const BATCH = 256;

export interface SearchFigures {
  /** Milliseconds a query among 10⁶: hashes alone, and hashes and descriptors. */
  hashMilliseconds: number;
  bothMilliseconds: number;
  /** Whether every query found just what comparing all hashes one by one finds. */
  exact: boolean;
  appendsPerSecond: number;
  /** Memory of the process that 10⁶ pictures take beyond 32 bytes of hash and 64 of descriptor each, MB. */
  extraMegabytes: number;
  /** A request of 10⁵ pictures: candidates of every pair and comparison of those. */
  request: { seconds: number; threads: number; compared: number; planted: number; found: number; falsePairs: number };
}

/** @param pairs fingerprints of originals and of copies of them, to plant. @param others fingerprints to vary. */
export async function measureSearch(
  pairs: readonly (readonly [Fingerprint, Fingerprint])[],
  others: readonly Fingerprint[],
): Promise<SearchFigures> {
  const random = seededRandom('search');
  const before = process.memoryUsage().rss;
  const index = FingerprintIndex.create();
  const hashes = new Uint8Array(KNOWN * 32);
  const bits = new Uint32Array(hashes.buffer);
  for (let i = 0; i < bits.length; i++) bits[i] = random.integer(0, 0xffffffff);
  const descriptor = new Int8Array(64);
  const start = performance.now();
  let appending = 0;
  for (let i = 0; i < KNOWN; i++) {
    varyDescriptor(others, random, descriptor);
    const appended = performance.now();
    index.append({ pdq: hashes.subarray(i * 32, i * 32 + 32), descriptor, owner: 1, request: 1, reference: false });
    appending += performance.now() - appended;
  }
  console.log(`10⁶ fingerprints made and appended in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  const extra = process.memoryUsage().rss - before - hashes.byteLength - KNOWN * OURS_TO_THE_PICTURE;
  const queries = Array.from({ length: QUERIES }, () => {
    const pdq = hashes
      .slice(0)
      .subarray(32 * random.integer(0, KNOWN - 1))
      .slice(0, 32);
    for (let flip = 0; flip < 20; flip++) pdq[random.integer(0, 31)]! ^= 1 << random.integer(0, 7);
    return pdq;
  });
  const upright = { leastCosine: 2, radius: RADIUS, limit: 1000 };
  let exact = true;
  const hashTimes = queries.map((pdq) => {
    const asked = performance.now();
    const found = index.candidates({ pdq }, upright);
    const time = performance.now() - asked;
    const near = new Set(found.map(({ position }) => position));
    exact &&= allNear(bits, pdq).every((position) => near.has(position));
    return time;
  });
  const bothTimes = queries.map((pdq) => {
    varyDescriptor(others, random, descriptor);
    const asked = performance.now();
    index.candidates({ pdq, descriptor });
    return performance.now() - asked;
  });
  return {
    hashMilliseconds: median(hashTimes),
    bothMilliseconds: median(bothTimes),
    exact,
    appendsPerSecond: KNOWN / (appending / 1000),
    extraMegabytes: extra / 2 ** 20,
    request: await matchRequest(pairs, others, random),
  };
}

/** Positions whose hash as it is lies within the radius, by the plainest way there is. */
function allNear(bits: Uint32Array, pdq: Uint8Array): number[] {
  const query = new Uint32Array(pdq.slice().buffer);
  const found: number[] = [];
  for (let i = 0; i < KNOWN; i++) {
    let distance = 0;
    for (let word = 0; word < 8 && distance <= RADIUS; word++) {
      let rest = bits[i * 8 + word]! ^ query[word]!;
      for (; rest !== 0; rest &= rest - 1) distance++;
    }
    if (distance <= RADIUS) found.push(i);
  }
  return found;
}

async function matchRequest(
  pairs: readonly (readonly [Fingerprint, Fingerprint])[],
  others: readonly Fingerprint[],
  random: Random,
): Promise<SearchFigures['request']> {
  const planted = pairs.flat();
  const prints = Array.from({ length: REQUEST }, (_, index) => planted[index] ?? madeUpFingerprint(others, random));
  const threads = new Piscina({
    filename: new URL('engine-thread-entry.js', import.meta.url).href,
    maxThreads: 2,
    minThreads: 2,
    atomics: 'disabled',
  });
  const start = performance.now();
  const index = FingerprintIndex.create();
  const local = LocalIndex.create();
  for (const { pdq, descriptor, evidence } of prints) {
    index.append({ pdq, descriptor, owner: 1, request: 1, reference: false });
    local.append(evidence);
  }
  const found = new Set<string>();
  let compared = 0;
  let falsePairs = 0;
  const matchBatch = async (first: number) => {
    const queries = prints.slice(first, first + BATCH).map(({ pdq, descriptor, evidence }, number) => {
      return { pdq, descriptor, evidence, options: { below: first + number } };
    });
    const search: SearchTask = { shared: index.shared, local: local.shared, queries };
    const candidates = (await threads.run(search, { name: 'search' })) as Candidate[][];
    const tasks = candidates.map((list, number): CompareTask => {
      return { query: prints[first + number]!, candidates: list.map(({ position }) => prints[position]!) };
    });
    compared += candidates.reduce((sum, list) => sum + list.length, 0);
    const answers = (await threads.run(tasks, { name: 'compare' })) as (PairMatch | null)[][];
    answers.forEach((matches, number) =>
      matches.forEach((match, place) => {
        if (match === null || match.relation === 'near_shot' || match.score < 0.85) return;
        const [one, other] = [first + number, candidates[number]![place]!.position];
        if (one >= planted.length || one >> 1 !== other >> 1) falsePairs++;
        else found.add(`${one >> 1}`);
      }),
    );
  };
  const batches = Array.from({ length: Math.ceil(REQUEST / BATCH) }, (_, batch) => batch * BATCH);
  const next = batches[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: 3 }, async () => {
      for (const first of next) await matchBatch(first);
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  await threads.destroy();
  return { seconds, threads: 2, compared, planted: pairs.length, found: found.size, falsePairs };
}
