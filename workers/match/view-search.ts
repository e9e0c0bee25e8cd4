import { describeSpectrum } from '../fingerprint/descriptor.js';
import { dihedralHashes, HASH_BYTES } from '../perceptual-hash.js';
import type { CandidateOptions, FingerprintIndex } from './fingerprint-index.js';
import { cutOut } from './cut-out.js';
import type { IndexQuery } from './prepared-query.js';
import { prepareThumbnail } from './thumbnail.js';

/** So many places has each view for its candidates where nothing else is said. */
const MOST_OF_VIEW = 16;

/** What a picture seems to show of another one, each as a picture of its own to be looked for; mostly none. */
export function viewsOf(evidence: Uint8Array): IndexQuery[] {
  const thumbnail = prepareThumbnail(evidence);
  if (!thumbnail) return [];
  return thumbnail.insets.map((inset) => {
    const samples = Float64Array.from(cutOut(thumbnail.level(64).values, inset));
    const dihedral = dihedralHashes(samples).hashes;
    return { pdq: dihedral.slice(0, HASH_BYTES), dihedral, descriptor: describeSpectrum(samples) };
  });
}

/** For each query the positions of pictures that look like what it seems to show, the best of each view first. */
export function searchByViews(
  index: FingerprintIndex,
  queries: readonly { evidence?: Uint8Array | null; options?: CandidateOptions }[],
): number[][] {
  const views = queries.flatMap(({ evidence, options = {} }, number) =>
    evidence ? viewsOf(evidence).map((view) => ({ view, number, options })) : [],
  );
  if (views.length === 0) return queries.map(() => []);
  const found = index.candidatesOfEach(
    views.map(({ view }) => view),
    (view) => {
      const { options } = views[view]!;
      return { ...options, limit: options.limit ?? MOST_OF_VIEW };
    },
  );
  const positions = queries.map(() => new Set<number>());
  const most = Math.max(...found.map((candidates) => candidates.length));
  for (let rank = 0; rank < most; rank++) {
    found.forEach((candidates, view) => {
      const candidate = candidates[rank];
      if (candidate) positions[views[view]!.number]!.add(candidate.position);
    });
  }
  return positions.map((ofQuery) => [...ofQuery]);
}
