import { comparePair } from './compare-pair.js';
import {
  FingerprintIndex,
  type Candidate,
  type CandidateOptions,
  type SharedFingerprints,
} from './fingerprint-index.js';
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

/** A search for pictures that share parts with others, in any number of indices. Plain data: it crosses a thread boundary. */
export interface PartsTask {
  indices: SharedLocalFeatures[];
  queries: { evidence: Uint8Array; ranges: PartsRange[] }[];
  /** The best so many of each range. */
  limit: number;
}

export interface PartsPlace {
  index: number;
  position: number;
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

/** What shares parts with each query. */
export function searchParts({ indices, queries, limit }: PartsTask): PartsPlace[][] {
  const views = indices.map((shared) => LocalIndex.view(shared));
  return queries.map(({ evidence, ranges }) =>
    ranges.flatMap(({ index, from, below }) =>
      views[index]!.candidates(evidence, { from, below, limit }).map(({ position }) => ({ index, position })),
    ),
  );
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
