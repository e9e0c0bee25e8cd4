import { availableParallelism } from 'node:os';
import pMap from 'p-map';
import type { Piscina } from 'piscina';
import type { Fingerprint } from '../../workers/fingerprint.js';
import { FingerprintIndex } from '../../workers/match/fingerprint-index.js';
import { LocalIndex } from '../../workers/match/local-index.js';
import type { CompareTask } from '../../workers/match/match-task.js';
import type { PairMatch } from '../../workers/match/pair-match.js';
import type { Proposed, ProposeTask } from './engine-thread.js';
import { hardSetReports } from './evaluate-pairwise.js';
import { WrongPairs, type Evaluation } from './evaluation.js';
import type { PairTruth } from './pair-truth.js';
import { startThreads, withoutFeatures } from './prints.js';

/** More than the copies of one source, which otherwise would fill the places and hide wrong pairs. */
const CANDIDATES = 100;
/** So many of them beside these are compared: what the service compares. */
const COMPARED_BY_HASH = 40;
const COMPARED_BY_FEATURES = 20;
const COMPARED_BY_VIEWS = 20;
const DUPLICATE_SCORE = 0.85;
const UNRELATED = 0;
const QUERIES_A_TASK = 8;
const PROGRESS_AFTER = 2000;

export interface OurEvaluation extends Evaluation {
  /** Pairs whose pixels were compared. */
  compared: number;
  /** Wrong pairs called near-shots, which are not counted as copies. */
  nearShots: number;
  /** Copies called near-shots of their originals: misses. */
  copiesAsNearShots: number;
  seconds: { search: number; compare: number };
}

export interface OurOptions {
  name: string;
  localFeatures: boolean;
}

/**
 * All pictures in one index, as in the service: every picture asks those before it, its candidates by hash, descriptor
 * and local features are compared. A near-shot is no copy. Pairs of which nothing is asked, such as two copies of one
 * original, are not compared.
 */
export async function evaluateOurs(
  { name, localFeatures }: OurOptions,
  truth: PairTruth,
  all: readonly Fingerprint[],
): Promise<OurEvaluation> {
  const threads = startThreads();
  const clock = stopwatch();
  const prints = localFeatures ? all : all.map(withoutFeatures);
  const candidates = await candidatesOfAll(prints, truth, localFeatures, threads);
  const search = clock();
  const matches = await compareAll(prints, candidates, threads);
  const compare = clock();
  await threads.destroy();

  const strengthOf = (one: number, other: number) => {
    const match = matches.get(pairKey(one, other));
    return match === undefined || match.relation === 'near_shot' ? UNRELATED : match.score;
  };
  const isNearShot = (one: number, other: number) => matches.get(pairKey(one, other))?.relation === 'near_shot';
  const wrong = new WrongPairs();
  let nearShots = 0;
  for (const key of matches.keys()) {
    const [one, other] = key.split(' ').map(Number) as [number, number];
    if (!truth.isWrong(one, other)) continue;
    const strength = strengthOf(one, other);
    if (strength > UNRELATED) wrong.add({ one, other, strength });
    else nearShots++;
  }
  const copies = truth.copies();
  return {
    tool: name,
    wrongPairs: truth.wrongPairs,
    wrong: wrong.sorted(),
    right: copies.map(({ original, copy }) => ({ one: original, other: copy, strength: strengthOf(original, copy) })),
    ownThreshold: DUPLICATE_SCORE,
    unrelated: UNRELATED,
    hardSets: hardSetReports(truth, (one, other) => {
      if (strengthOf(one, other) >= DUPLICATE_SCORE) return 'copy';
      return isNearShot(one, other) ? 'near_shot' : 'unrelated';
    }),
    compared: candidates.reduce((sum, list) => sum + list.length, 0),
    nearShots,
    copiesAsNearShots: copies.filter(({ original, copy }) => isNearShot(original, copy)).length,
    seconds: { search, compare },
  };
}

const pairKey = (one: number, other: number): string => (one > other ? `${one} ${other}` : `${other} ${one}`);

/** For each picture, those before it whose pixels are worth a look. */
export async function candidatesOfAll(
  prints: readonly Fingerprint[],
  truth: PairTruth,
  localFeatures: boolean,
  threads: Piscina,
): Promise<number[][]> {
  const index = FingerprintIndex.create();
  const local = localFeatures ? LocalIndex.create() : null;
  for (const { pdq, descriptor, evidence } of prints) {
    index.append({ pdq, descriptor, owner: 1, request: 1, reference: false });
    local?.append(evidence);
  }
  const originals = new Map(truth.copies().map(({ original, copy }) => [copy, original]));
  return inThreads(prints.length, 'searched for', async (first, below) => {
    const task: ProposeTask = {
      shared: index.shared,
      local: local?.shared ?? null,
      first,
      prints: prints.slice(first, below),
      limit: CANDIDATES,
    };
    const proposed = (await threads.run(task, { name: 'propose' })) as Proposed[];
    return proposed.map(({ byHash, byFeatures, byViews }, number) => {
      const asked = (others: readonly number[]) => others.filter((other) => truth.isAsked(first + number, other));
      const found = new Set([
        ...asked(byHash).slice(0, COMPARED_BY_HASH),
        ...asked(byFeatures).slice(0, COMPARED_BY_FEATURES),
        ...asked(byViews).slice(0, COMPARED_BY_VIEWS),
      ]);
      const original = originals.get(first + number);
      if (original !== undefined && [...byHash, ...byFeatures, ...byViews].includes(original)) found.add(original);
      return [...found];
    });
  });
}

async function compareAll(prints: readonly Fingerprint[], candidates: readonly number[][], threads: Piscina) {
  const matches = new Map<string, PairMatch>();
  await inThreads(prints.length, 'compared', async (first, below) => {
    const queries = candidates.slice(first, below);
    const tasks = queries.map((others, index): CompareTask => {
      return { query: prints[first + index]!, candidates: others.map((other) => prints[other]!) };
    });
    const answers = (await threads.run(tasks, { name: 'compare' })) as (PairMatch | null)[][];
    answers.forEach((answer, index) =>
      answer.forEach((match, place) => {
        if (match !== null) matches.set(pairKey(first + index, queries[index]![place]!), match);
      }),
    );
    return [];
  });
  return matches;
}

/** What `work` gives for all pictures, a few at a time: no more of them are in hand than threads can take. */
async function inThreads<T>(
  count: number,
  progress: string,
  work: (first: number, below: number) => Promise<T[]>,
): Promise<T[]> {
  const starts = Array.from({ length: Math.ceil(count / QUERIES_A_TASK) }, (_, index) => index * QUERIES_A_TASK);
  let done = 0;
  const parts = await pMap(
    starts,
    async (start) => {
      const part = await work(start, Math.min(count, start + QUERIES_A_TASK));
      done += QUERIES_A_TASK;
      if (done % PROGRESS_AFTER === 0) console.log(`${done} of ${count} ${progress}`);
      return part;
    },
    { concurrency: 2 * availableParallelism() },
  );
  return parts.flat();
}

/** Seconds since it was last asked. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const seconds = (performance.now() - last) / 1000;
    last += seconds * 1000;
    return Number(seconds.toFixed(1));
  };
}
