import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KnownFingerprint, PairMatch } from '../../../workers/match/pair-match.js';
import type { AnalysisPool } from '../../queue/analysis-pool.js';
import type { PackedStore } from './packed-store.js';

/** How two pictures compare, asked from either side; null for unrelated ones. */
export interface Comparison {
  match: PairMatch | null;
  back: PairMatch | null;
}

/** Those of one picture with others, by the others' SHA-256 in hex. */
export type KeptComparisons = Map<string, Comparison>;

/** A picture and what it is compared by. */
export interface Compared {
  sha256: Buffer;
  print: KnownFingerprint;
}

const MATCHER = fileURLToPath(new URL('../../../workers/match/', import.meta.url));

/** Names what compares: another one may find something else in the same fingerprints. */
export async function readMatcherVersion(): Promise<string> {
  const digest = createHash('sha256');
  for (const name of (await readdir(MATCHER)).sort()) {
    if (/\.(js|ts)$/.test(name)) digest.update(await readFile(join(MATCHER, name)));
  }
  return digest.digest('hex').slice(0, 12);
}

/**
 * Compares each picture with its candidates and remembers what came of it, which is most of the work of a second look at a
 * folder.
 * @returns the comparisons of each query, by its place, with its candidates, by theirs.
 */
export async function compareKept(
  queries: readonly (Compared & { candidates: readonly Compared[] })[],
  { pool, store }: { pool: AnalysisPool; store: PackedStore<KeptComparisons> },
): Promise<Comparison[][]> {
  const kept: KeptComparisons[] = [];
  for (const { sha256 } of queries) kept.push((await store.read(sha256)) ?? new Map<string, Comparison>());

  const fresh = queries.flatMap(({ print, candidates, sha256 }, at) => {
    const unknown = candidates.filter((candidate) => !kept[at]?.has(hex(candidate)));
    return unknown.length > 0 ? [{ at, sha256, print, unknown }] : [];
  });
  const matches = await pool.compare(
    fresh.map(({ print, unknown }) => ({ query: print, candidates: unknown.map((candidate) => candidate.print) })),
  );
  const pairs = fresh.flatMap(({ at, print, unknown }, task) =>
    unknown.map((candidate, place) => ({ at, print, candidate, match: matches[task]?.[place] ?? null })),
  );
  const related = pairs.filter(({ match }) => match !== null);
  const backs = await pool.compare(
    related.map(({ print, candidate }) => ({ query: candidate.print, candidates: [print] })),
  );
  const backOf = new Map(related.map((pair, place) => [pair, backs[place]?.[0] ?? null]));
  for (const pair of pairs) {
    kept[pair.at]?.set(hex(pair.candidate), { match: pair.match, back: backOf.get(pair) ?? null });
  }
  for (const { at, sha256 } of fresh) await store.write(sha256, kept[at] ?? new Map<string, Comparison>());
  return queries.map(({ candidates }, at) =>
    candidates.map((candidate) => kept[at]?.get(hex(candidate)) ?? { match: null, back: null }),
  );
}

const hex = ({ sha256 }: { sha256: Buffer }) => sha256.toString('hex');
