import { comparePair } from './compare-pair.js';
import {
  FingerprintIndex,
  type Candidate,
  type CandidateOptions,
  type IndexQuery,
  type SharedFingerprints,
} from './fingerprint-index.js';
import type { KnownFingerprint, PairMatch } from './pair-match.js';

/** Which candidates to look for. Plain data: it crosses a thread boundary. */
export interface SearchTask {
  shared: SharedFingerprints;
  queries: (IndexQuery & { options?: CandidateOptions })[];
}

export interface CompareTask {
  query: KnownFingerprint;
  candidates: KnownFingerprint[];
}

let view: FingerprintIndex | undefined;

/** The candidates of each query among all that was appended before the call. */
export function search({ shared, queries }: SearchTask): Candidate[][] {
  if (!view?.shares(shared)) view = FingerprintIndex.view(shared);
  return view.candidatesOfEach(queries, (number) => queries[number]!.options ?? {});
}

/** How each candidate matches its query; null where it does not. */
export function compare(tasks: CompareTask[]): (PairMatch | null)[][] {
  return tasks.map(({ query, candidates }) => candidates.map((candidate) => comparePair(query, candidate)));
}
