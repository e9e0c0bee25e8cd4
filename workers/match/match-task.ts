import { comparePair } from './compare-pair.js';
import {
  FingerprintIndex,
  type Candidate,
  type CandidateOptions,
  type SharedFingerprints,
} from './fingerprint-index.js';
import { openFingerprint } from './fingerprint-arena.js';
import { LocalIndex, type SharedLocalFeatures } from './local-index.js';
import type { KnownFingerprint, PairMatch } from './pair-match.js';
import type { IndexQuery } from './prepared-query.js';
import { searchByViews } from './view-search.js';

export interface SearchQuery extends IndexQuery {
  /** For the search by local features. */
  evidence?: Uint8Array | null;
  options?: CandidateOptions;
}

/** Which candidates to look for. Plain data: it crosses a thread boundary. */
export interface SearchTask {
  shared: SharedFingerprints;
  /** Where the same pictures, in the same order, are found by their parts; may hold fewer. */
  local?: SharedLocalFeatures;
  queries: SearchQuery[];
}

/** Positions of one of the indices of a search by parts. */
export interface PartsRange {
  index: number;
  from: number;
  below: number;
}

/** A query whose fingerprint lies in shared memory. */
export interface StoredQuery {
  /** Where, bytes. */
  at: number;
  options: CandidateOptions;
  /** Whether to look for what it seems to show, too. */
  views: boolean;
  /** Where pictures are sought that share parts with it. */
  ranges: PartsRange[];
}

/** A search among all that is known. Plain data: it crosses a thread boundary. */
export interface LookUpTask {
  /** Of a `FingerprintArena`, with the queries. */
  memory: SharedArrayBuffer;
  shared: SharedFingerprints;
  parts: SharedLocalFeatures[];
  queries: StoredQuery[];
  /** The best so many of each range of parts. */
  mostParts: number;
}

export interface LookedUp {
  /** Of the candidates by hash and descriptor, the most promising first, then of those that look like what it seems to show. */
  positions: number[];
  parts: PartsPlace[];
}

export interface PartsPlace {
  index: number;
  position: number;
}

/** Pairs of fingerprints in the memory of two arenas. Plain data: it crosses a thread boundary. */
export interface StoredPairs {
  queries: SharedArrayBuffer;
  candidates: SharedArrayBuffer;
  /** For each pair where the query lies, where the candidate lies, and whether it is to be told from its side, too. */
  pairs: readonly StoredPair[];
}

export type StoredPair = readonly [query: number, candidate: number, bothWays: boolean];

/** How a candidate matches its query, and the query its candidate. */
export interface StoredMatch {
  pair: number;
  match: PairMatch;
  /** Null where it was not asked for. */
  back: PairMatch | null;
}

export interface CompareTask {
  query: KnownFingerprint;
  candidates: KnownFingerprint[];
}

/** So many candidates of a query that share parts with it are looked at beside the others. */
const MOST_LOCAL = 20;

let fingerprints: FingerprintIndex | undefined;
let localFeatures: LocalIndex | undefined;

/**
 * The candidates of each query among all that was appended before the call: those by hash and descriptor, those that look
 * like what it seems to show, then those by local features alone.
 */
export function search({ shared, local, queries }: SearchTask): Candidate[][] {
  if (!fingerprints?.shares(shared)) fingerprints = FingerprintIndex.view(shared);
  if (local && !localFeatures?.shares(local)) localFeatures = LocalIndex.view(local);
  return findCandidates(fingerprints, local ? (localFeatures ?? null) : null, queries);
}

/** The candidates of each query, and what shares parts with it. */
export function lookUp({ memory, shared, parts, queries, mostParts }: LookUpTask): LookedUp[] {
  if (!fingerprints?.shares(shared)) fingerprints = FingerprintIndex.view(shared);
  return findStored(fingerprints, { memory, parts, queries, mostParts });
}

/** As `lookUp`, in this thread's own index. */
export function findStored(
  index: FingerprintIndex,
  { memory, parts, queries, mostParts }: Omit<LookUpTask, 'shared'>,
): LookedUp[] {
  const prints = queries.map(({ at }) => openFingerprint(memory, at));
  const found = findCandidates(
    index,
    null,
    queries.map(({ options, views }, number) => {
      const print = prints[number]!;
      return { ...print, options, evidence: views ? print.evidence : null };
    }),
  );
  const sharing: PartsPlace[][] = queries.map(() => []);
  parts.forEach((shared, index) => {
    const asked = queries.flatMap(({ ranges }, number) => {
      const range = ranges.find((one) => one.index === index);
      const { evidence } = prints[number]!;
      return range && evidence ? { number, evidence, from: range.from, below: range.below, limit: mostParts } : [];
    });
    const candidates = LocalIndex.view(shared).candidatesOfEach(asked);
    asked.forEach(({ number }, at) => {
      sharing[number]!.push(...candidates[at]!.map(({ position }) => ({ index, position })));
    });
  });
  return found.map((candidates, number) => ({
    positions: candidates.map(({ position }) => position),
    parts: sharing[number]!,
  }));
}

/** As `search`, in this thread's own indices. */
export function findCandidates(
  index: FingerprintIndex,
  local: LocalIndex | null,
  queries: readonly SearchQuery[],
): Candidate[][] {
  const found = index.candidatesOfEach(queries, (number) => queries[number]!.options ?? {});
  const seen = searchByViews(index, queries);
  return found.map((candidates, number) => {
    const query = queries[number]!;
    const known = [...candidates, ...others(index, query, seen[number]!, candidates)];
    return local && query.evidence ? [...known, ...byParts(index, local, query, query.evidence, known)] : known;
  });
}

/** Those at the positions that are not known yet. */
function others(index: FingerprintIndex, query: SearchQuery, positions: number[], known: readonly Candidate[]) {
  const taken = new Set(known.map(({ position }) => position));
  const rest = positions.filter((position) => !taken.has(position));
  return rest.length === 0 ? [] : index.candidatesAt(query, rest, query.options);
}

function byParts(
  index: FingerprintIndex,
  local: LocalIndex,
  query: SearchQuery,
  evidence: Uint8Array,
  known: readonly Candidate[],
): Candidate[] {
  const options = query.options ?? {};
  const limit = Math.min(MOST_LOCAL, options.limit ?? MOST_LOCAL);
  // Pictures out of scope take places too, so more are asked for than are wanted.
  const similar = local.candidates(evidence, { from: options.from, below: options.below, limit: 8 * limit });
  const positions = similar.map(({ position }) => position);
  return others(index, query, positions, known).slice(0, limit);
}

/** How each candidate matches its query; null where it does not. */
export function compare(tasks: CompareTask[]): (PairMatch | null)[][] {
  return tasks.map(({ query, candidates }) => candidates.map((candidate) => comparePair(query, candidate)));
}

/** Those of the pairs that match. */
export function compareStored({ queries, candidates, pairs }: StoredPairs): StoredMatch[] {
  // Made ready for comparing once, however many pairs a picture is in.
  const opened = [new Map<number, KnownFingerprint>(), new Map<number, KnownFingerprint>()] as const;
  const open = (side: 0 | 1, at: number) => {
    let print = opened[side].get(at);
    if (!print) opened[side].set(at, (print = openFingerprint(side === 0 ? queries : candidates, at)));
    return print;
  };
  return pairs.flatMap(([query, candidate, bothWays], pair) => {
    const [one, other] = [open(0, query), open(1, candidate)];
    const match = comparePair(one, other);
    return match ? { pair, match, back: bothWays ? comparePair(other, one) : null } : [];
  });
}
