import { invert, type Affine } from './affine.js';
import { isTrusted, judge, scoreOfHashes } from './calibration.js';
import { inverseOf } from './hash-orientations.js';
import { measurePair, seenFromPicture, type PairMeasures, type PixelMeasures } from './measure-pair.js';
import type { KnownFingerprint, MatchEvidence, PairMatch } from './pair-match.js';
import { describe, layoutOf, type Holder } from './transformation.js';
import { liesInset } from './insets.js';
import { prepareThumbnail } from './thumbnail.js';

/** Below this two pictures are unrelated. */
const LEAST_SCORE = 0.5;

/**
 * Whether two pictures are copies or near-shots, by their pixels; by their hashes' bits alone where one is known by no
 * more. The score is the same whichever picture asks; the transformation tells how the query was made of the candidate.
 * Never says `exact`: equal bytes are the caller's to tell.
 * @returns null where the pictures are unrelated.
 */
export function comparePair(query: KnownFingerprint, candidate: KnownFingerprint): PairMatch | null {
  const isQueryFirst = compareBytes(query, candidate) <= 0;
  const measures = isQueryFirst ? measurePair(query, candidate) : measurePair(candidate, query);
  const { pixels } = measures;
  if (pixels) {
    return matchOfPixels(measures, pixels, isQueryFirst, (map) => {
      if (showsInset(query, invert(map))) return 'first';
      return showsInset(candidate, map) ? 'second' : null;
    });
  }
  const isKnownByHash = !query.evidence || !candidate.evidence;
  if (!isKnownByHash || !isTrusted(query.quality) || !isTrusted(candidate.quality)) return null;
  const score = scoreOfHashes(measures.pdqDistance);
  if (score < LEAST_SCORE) return null;
  const orientation = isQueryFirst ? inverseOf(measures.hashOrientation) : measures.hashOrientation;
  const transformation = orientation === 'upright' ? ['recompressed'] : [orientation];
  return { score, relation: 'copy', transformation, evidence: { ...noPixels(measures), orientation } };
}

function matchOfPixels(
  measures: PairMeasures,
  measured: PixelMeasures,
  isQueryFirst: boolean,
  holderUnder: (map: Affine) => Holder,
): PairMatch | null {
  const { score, relation } = judge(measured, measures.pdqDistance);
  if (score < LEAST_SCORE) return null;
  const pixels = isQueryFirst ? measured : turnedAround(measured);
  const layout = layoutOf(pixels);
  const [own, other] = [areaOf(pixels.first.content), areaOf(pixels.second.content)];
  return {
    score,
    relation,
    transformation: describe(pixels, layout, holderUnder(pixels.map)),
    evidence: {
      pdqDistance: measures.pdqDistance,
      cosine: measures.cosine,
      ncc: pixels.ncc,
      blockAgreement: pixels.blockAgreement,
      localInliers: pixels.inliers,
      chromaDifference: pixels.chromaDifference,
      orientation: inverseOf(layout.orientation),
      geometry: [...layout.map],
      queryCoverage: pixels.firstCoverage * own,
      candidateCoverage: pixels.secondCoverage * other,
    },
  };
}

function showsInset({ evidence }: KnownFingerprint, map: Affine): boolean {
  const thumbnail = evidence && prepareThumbnail(evidence);
  return thumbnail ? liesInset(thumbnail, map) : false;
}

const areaOf = ([left, top, right, bottom]: readonly [number, number, number, number]) =>
  (right - left) * (bottom - top);

/** The same measures with the pictures in the other order. */
function turnedAround(pixels: PixelMeasures): PixelMeasures {
  const map: Affine = invert(pixels.map);
  const { first, second, firstCoverage, secondCoverage } = pixels;
  return {
    ...pixels,
    ...seenFromPicture(pixels),
    map,
    first: second,
    second: first,
    firstCoverage: secondCoverage,
    secondCoverage: firstCoverage,
  };
}

const noPixels = ({ pdqDistance, cosine }: PairMeasures): Omit<MatchEvidence, 'orientation'> => ({
  pdqDistance,
  cosine,
  ncc: null,
  blockAgreement: null,
  localInliers: null,
  chromaDifference: null,
  geometry: null,
  queryCoverage: null,
  candidateCoverage: null,
});

/** An order of pictures that does not depend on which one asks. */
function compareBytes(a: KnownFingerprint, b: KnownFingerprint): number {
  return Buffer.compare(a.pdq, b.pdq) || Buffer.compare(a.evidence ?? NOTHING, b.evidence ?? NOTHING);
}

const NOTHING = new Uint8Array(0);
