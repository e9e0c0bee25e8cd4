import sharp from 'sharp';
import { fingerprintFile as fingerprintPicture } from '../../workers/fingerprint-file.js';
import type { Fingerprint } from '../../workers/fingerprint.js';
import { FingerprintIndex, type SharedFingerprints } from '../../workers/match/fingerprint-index.js';
import { LocalIndex, type SharedLocalFeatures } from '../../workers/match/local-index.js';
import { searchByViews } from '../../workers/match/view-search.js';
import { contentTypeOf, MAX_PIXELS } from './tools/tool.js';

export { compare, search } from '../../workers/match/match-task.js';

export interface ProposeTask {
  /** Where all pictures are found, in order. */
  shared: SharedFingerprints;
  local: SharedLocalFeatures | null;
  /** Pictures from that place on, each to be looked for among those before it. */
  first: number;
  prints: Fingerprint[];
  /** The best so many of each way. */
  limit: number;
}

/** Places of candidates. */
export interface Proposed {
  byHash: number[];
  byFeatures: number[];
  byViews: number[];
}

let fingerprints: FingerprintIndex | undefined;
let localFeatures: LocalIndex | undefined;

export function propose({ shared, local, first, prints, limit }: ProposeTask): Proposed[] {
  const index = fingerprints?.shares(shared) ? fingerprints : (fingerprints = FingerprintIndex.view(shared));
  const parts = local && (localFeatures?.shares(local) ? localFeatures : (localFeatures = LocalIndex.view(local)));
  return prints.map((print, number) => {
    const options = { below: first + number, limit };
    return {
      byHash: index.candidates(print, options).map(({ position }) => position),
      byFeatures: parts?.candidates(print.evidence, options).map(({ position }) => position) ?? [],
      byViews: searchByViews(index, [{ evidence: print.evidence, options: options }])[0]!,
    };
  });
}

export interface FingerprintTask {
  file: string;
  localFeatures: boolean;
}

sharp.concurrency(1);

/** What importing references does with a picture. @throws where the file is none: the set holds none such. */
export async function fingerprintFile({ file, localFeatures }: FingerprintTask): Promise<Fingerprint> {
  const task = { path: file, contentType: contentTypeOf(file), maxPixels: MAX_PIXELS };
  const answer = await fingerprintPicture(task, { localFeatures });
  if (answer.fingerprint === null) throw new Error(`${file}: ${answer.undecodable}`);
  return answer.fingerprint;
}
