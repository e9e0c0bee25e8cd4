import { loadavg } from 'node:os';
import { Piscina } from 'piscina';
import type { Fingerprint } from '../../workers/fingerprint.js';
import { FingerprintIndex, type Candidate } from '../../workers/match/fingerprint-index.js';
import { LocalIndex } from '../../workers/match/local-index.js';
import type { CompareTask, SearchTask } from '../../workers/match/match-task.js';
import type { PairMatch } from '../../workers/match/pair-match.js';
import { madeUpFingerprint } from './made-up-fingerprint.js';
import { seededRandom } from './random.js';

const BATCH = 256;

export interface RequestFigures {
  /** Pictures. */
  size: number;
  seconds: number;
  threads: number;
  /** Pairs that were candidates. */
  compared: number;
  planted: number;
  found: number;
  falsePairs: number;
  /** Load average of the machine afterwards. */
  load: number;
}

/**
 * Fingerprints of a request's pictures, known beforehand, are put into empty indices, each asks those before it, and the
 * candidates are compared, on two threads as in the service.
 * @param pairs originals and copies of them, to plant. @param others fingerprints to make other pictures up from.
 */
export async function measureRequest(
  size: number,
  pairs: readonly (readonly [Fingerprint, Fingerprint])[],
  others: readonly Fingerprint[],
): Promise<RequestFigures> {
  const random = seededRandom('request');
  const planted = pairs.flat();
  const prints = Array.from({ length: size }, (_, index) => planted[index] ?? madeUpFingerprint(others, random));
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
  const batches = Array.from({ length: Math.ceil(size / BATCH) }, (_, batch) => batch * BATCH);
  const next = batches[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: 3 }, async () => {
      for (const first of next) await matchBatch(first);
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  await threads.destroy();
  return {
    size,
    seconds,
    threads: 2,
    compared,
    planted: pairs.length,
    found: found.size,
    falsePairs,
    load: loadavg()[0]!,
  };
}
