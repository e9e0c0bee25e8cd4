import { DESCRIPTOR_LENGTH, DESCRIPTOR_NORM, transposeDescriptor } from '../fingerprint/descriptor.js';
import type { Evidence } from '../fingerprint/evidence.js';
import { agreementOf, type Agreement } from './agreement.js';
import { coverage, determinant, invert, stretches, type Affine } from './affine.js';
import { refine } from './alignment.js';
import { refineBend } from './bent-alignment.js';
import { CANDIDATE_RADIUS } from './fingerprint-index.js';
import { nearestOrientation } from './hash-orientations.js';
import {
  alignThumbnails,
  coarseAgreement,
  type Hypothesis,
  LEAST_OF_CROP,
  LEAST_OF_FRAME,
  LEAST_OF_TOLD_FRAME,
  rateCrops,
  rateFrames,
} from './hypotheses.js';
import { alignLocally, type LocalAlignment } from './local-match.js';
import { type KnownFingerprint, type Orientation } from './pair-match.js';
import { prepareThumbnail, type Thumbnail } from './thumbnail.js';

/** What is measured of two pictures before anything is judged. */
export interface PairMeasures {
  pdqDistance: number;
  /** Of the second picture relative to the first, as the hashes have it. */
  hashOrientation: Orientation;
  cosine: number | null;
  pixels: PixelMeasures | null;
}

export interface PixelMeasures extends Agreement {
  /** From the first content's unit square to the second's. */
  map: Affine;
  /** Share of the first content that the second shows, and the other way round. */
  firstCoverage: number;
  secondCoverage: number;
  /** How unevenly the map stretches: 1 is not at all. */
  squeeze: number;
  /** Local features that agree on the map; null where they had no say. */
  inliers: number | null;
  /** Of the features that both could have, those that agree; null likewise. */
  inlierShare: number | null;
  /** Whether one lies where the other seemed to show a picture. */
  isInset: boolean;
  first: Evidence;
  second: Evidence;
}

/** At this agreement nothing better is looked for. */
const SETTLED_NCC = 0.85;
const SETTLED_BLOCKS = 0.85;
/** Pictures less alike than this are no crops of each other that features would not have told. */
const CROP_COSINE = 0.45;
const CROP_BITS = 84;
const TELLING_FEATURES = 40;
const ALIKE_COSINE = 0.6;
/**
 * Copies of which the descriptors are alike and the hashes are not agree as a whole, roughly, before they are aligned: of
 * 746 such pairs of the benchmark's small set the least by 0.46, while 42 % of unrelated ones stay below this.
 */
const LEAST_OF_ALIKE = 0.3;
/** Fewer features come together by chance: a look at 32 pixels shows it. */
const CLEAR_INLIERS = 12;
const LEAST_OF_LOCAL = 0.35;

/**
 * A picture seen at a slant is asked for from so much strain on, of so many blocks, where each shows nearly all of the
 * other: another shot of one scene can be bent to fit too. It leaves hardly any strain.
 */
const LEAST_STRAIN = 0.02;
const BENT_BLOCKS = 0.85;
const BENT_DETAIL = 40;
const SLANT_NCC = 0.97;
const SLANT_COVERAGE = 0.85;
const SLANT_STRAIN = 0.01;

/** Measures two fingerprints. The order matters to the last bit of rounding: `comparePair` sees to it. */
export function measurePair(first: KnownFingerprint, second: KnownFingerprint): PairMeasures {
  const [a, b] = [thumbnailOf(first), thumbnailOf(second)];
  const hashes = compareHashes(first.pdq, second.pdq);
  const cosine = cosineOf(first, second);
  const prospects = {
    mayBeCrop: (cosine ?? 0) >= CROP_COSINE || hashes.pdqDistance <= CROP_BITS,
    showsInFrame: (cosine ?? 0) >= ALIKE_COSINE && hashes.pdqDistance > CANDIDATE_RADIUS,
  };
  return { ...hashes, cosine, pixels: a && b && comparePixels(a, b, prospects) };
}

/** Null where there is no evidence, or it is of a version not known here. */
function thumbnailOf({ evidence }: KnownFingerprint): Thumbnail | null {
  return evidence ? prepareThumbnail(evidence) : null;
}

/**
 * By the whole thumbnails, then by local features, then by thumbnails of which one is cut out of the other. What hash and
 * descriptor say is nothing alike shows one thing by its features or not at all, where it has enough of them.
 */
function comparePixels(
  a: Thumbnail,
  b: Thumbnail,
  { mayBeCrop, showsInFrame }: { mayBeCrop: boolean; showsInFrame: boolean },
): PixelMeasures | null {
  const isTold = isToldByFeatures(a, b);
  if (isTold && !mayBeCrop) {
    const told = measureByFeatures(a, b);
    if (told || a.insets.length + b.insets.length === 0) return told;
    return measureUnder(a, b, alignThumbnails(a, b, rateFrames(a, b), LEAST_OF_TOLD_FRAME));
  }
  const frames = rateFrames(a, b);
  if (showsInFrame && !frames.some(({ agreement }) => agreement >= LEAST_OF_ALIKE)) return null;
  const attempts = [
    () => measureUnder(a, b, alignThumbnails(a, b, frames, isTold ? LEAST_OF_TOLD_FRAME : LEAST_OF_FRAME)),
    () => measureByFeatures(a, b),
    () =>
      mayBeCrop && !isTold ? measureUnder(a, b, alignThumbnails(a, b, rateCrops(a, b, frames), LEAST_OF_CROP)) : null,
  ];
  let best: PixelMeasures | null = null;
  for (const attempt of attempts) {
    const measured = attempt();
    if (measured && (!best || standing(measured) > standing(best))) best = measured;
    if (best && best.ncc >= SETTLED_NCC && best.blockAgreement >= SETTLED_BLOCKS) break;
  }
  return best;
}

function measureByFeatures(a: Thumbnail, b: Thumbnail): PixelMeasures | null {
  const local = alignLocally(a.evidence, b.evidence);
  if (!local) return null;
  if (local.inliers < CLEAR_INLIERS && coarseAgreement(a, b, local.map, 32) < LEAST_OF_LOCAL) return null;
  return measureUnder(a, b, local);
}

/** With so many features in both, what is neither laid on the whole nor found by them is no copy. */
const isToldByFeatures = (a: Thumbnail, b: Thumbnail) =>
  Math.min(a.evidence.features.count, b.evidence.features.count) >= TELLING_FEATURES;

const standing = ({ ncc, blockAgreement, inliers }: PixelMeasures) => ncc + blockAgreement + (inliers ?? 0) / 40;

/** Refines the map at full resolution, the picture with the larger pixels being the template. */
function measureUnder(a: Thumbnail, b: Thumbnail, start: LocalAlignment | Hypothesis | null): PixelMeasures | null {
  if (!start) return null;
  const { map } = start;
  const local = 'inliers' in start ? start : null;
  const isTemplateFirst = Math.abs(determinant(map)) >= 1;
  const [template, picture] = isTemplateFirst ? [a, b] : [b, a];
  const from = isTemplateFirst ? map : invert(map);
  const options = [refine(template, picture, from, 64, local ? 6 : 3), local && from]
    .filter((option) => option !== null)
    .map((refined) => ({ refined, agreement: agreementOf(template, picture, refined) }));
  let best: { refined: Affine; agreement: Agreement } | null = null;
  for (const { refined, agreement } of options) {
    if (agreement && (!best || agreement.ncc > best.agreement.ncc)) best = { refined, agreement };
  }
  if (!best) return null;
  const shared = Math.min(coverage(best.refined), coverage(invert(best.refined)));
  const isWhole = shared >= SLANT_COVERAGE;
  const bent = isWhole && isBent(best.agreement) ? seenAtSlant(template, picture, best.refined) : null;
  if (bent) best = { ...best, agreement: bent };
  const found = isTemplateFirst ? best.refined : invert(best.refined);
  const [most, least] = stretches(found);
  return {
    ...(isTemplateFirst ? best.agreement : seenFromPicture(best.agreement)),
    map: found,
    firstCoverage: coverage(found),
    secondCoverage: coverage(invert(found)),
    squeeze: most / least,
    inliers: local?.inliers ?? null,
    inlierShare: local?.share ?? null,
    isInset: 'isInset' in start && start.isInset,
    first: a.evidence,
    second: b.evidence,
  };
}

/** All but equal, once each block is shifted a little. */
const isBent = ({ strain, blockAgreement, blocks }: Agreement) =>
  strain >= LEAST_STRAIN && blockAgreement >= BENT_BLOCKS && blocks >= BENT_DETAIL;

/** How far they agree as a flat picture seen from the side does; null unless that explains it all. */
function seenAtSlant(template: Thumbnail, picture: Thumbnail, map: Affine): Agreement | null {
  const bend = refineBend(template, picture, map);
  const agreement = bend && agreementOf(template, picture, map, bend);
  return agreement && agreement.ncc >= SLANT_NCC && agreement.strain <= SLANT_STRAIN ? agreement : null;
}

/** The same agreement told the other way round. */
export function seenFromPicture(agreement: Agreement): Agreement {
  const { gain, offset, saturation, sharpness } = agreement;
  return {
    ...agreement,
    gain: 1 / gain,
    offset: -offset / gain,
    saturation: saturation === null ? null : 1 / saturation,
    sharpness: 1 / sharpness,
  };
}

function compareHashes(first: Uint8Array, second: Uint8Array) {
  const { distance, orientation } = nearestOrientation(first, second);
  return { pdqDistance: distance, hashOrientation: orientation };
}

function cosineOf({ descriptor: a }: KnownFingerprint, { descriptor: b }: KnownFingerprint): number | null {
  if (!a || !b) return null;
  const dot = (c: Int8Array, d: Int8Array) => {
    let sum = 0;
    for (let i = 0; i < DESCRIPTOR_LENGTH; i++) sum += c[i]! * d[i]!;
    return sum;
  };
  return Math.min(1, Math.max(dot(a, b), dot(transposeDescriptor(a), b)) / DESCRIPTOR_NORM ** 2);
}
