import { loadavg } from 'node:os';
import type { Fingerprint } from '../../workers/fingerprint.js';
import { FingerprintIndex } from '../../workers/match/fingerprint-index.js';
import { median } from './speed.js';
import { varyDescriptor } from './made-up-fingerprint.js';
import { seededRandom } from './random.js';

const KNOWN = 1_000_000;
const QUERIES = 40;
const RADIUS = 31;
const OURS_TO_THE_PICTURE = 32 + 64;

export interface SearchFigures {
  /** Processor milliseconds a query among 10⁶: hashes alone, and hashes and descriptors. */
  hashMilliseconds: number;
  bothMilliseconds: number;
  /** Whether every query found just what comparing all hashes one by one finds. */
  exact: boolean;
  appendsPerSecond: number;
  /** Memory of the process that 10⁶ pictures take beyond 32 bytes of hash and 64 of descriptor each, MB. */
  extraMegabytes: number;
  /** Load average of the machine afterwards. */
  load: number;
}

/** @param others fingerprints whose descriptors are varied. */
export function measureSearch(others: readonly Fingerprint[]): SearchFigures {
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
    const at = 32 * random.integer(0, KNOWN - 1);
    const pdq = hashes.slice(at, at + 32);
    for (let flip = 0; flip < 20; flip++) pdq[random.integer(0, 31)]! ^= 1 << random.integer(0, 7);
    return pdq;
  });
  const clock = () => process.cpuUsage().user / 1000;
  const upright = { leastCosine: 2, radius: RADIUS, limit: 1000 };
  let exact = true;
  const hashTimes = queries.map((pdq) => {
    const asked = clock();
    const found = index.candidates({ pdq }, upright);
    const time = clock() - asked;
    const near = new Set(found.map(({ position }) => position));
    exact &&= allNear(bits, pdq).every((position) => near.has(position));
    return time;
  });
  const bothTimes = queries.map((pdq) => {
    varyDescriptor(others, random, descriptor);
    const asked = clock();
    index.candidates({ pdq, descriptor });
    return clock() - asked;
  });
  return {
    hashMilliseconds: median(hashTimes),
    bothMilliseconds: median(bothTimes),
    exact,
    appendsPerSecond: KNOWN / (appending / 1000),
    extraMegabytes: extra / 2 ** 20,
    load: loadavg()[0]!,
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
