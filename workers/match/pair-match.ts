/** A fingerprint as it is known of a picture. One from a list of hashes has `pdq` alone and is compared by its bits. */
export interface KnownFingerprint {
  /** 32 bytes. */
  pdq: Uint8Array;
  /** 0…100, as `Fingerprint` has it. */
  quality?: number | null;
  /** 256 bytes: eight hashes in the order of `ORIENTATIONS`, the first is `pdq`. */
  dihedral?: Uint8Array | null;
  /** 64 values. */
  descriptor?: Int8Array | null;
  evidence?: Uint8Array | null;
}

/**
 * `exact`: the same bytes. `copy`: made from one and the same shot. `near_shot`: another shot of the same scene, such as
 * the next frame or another product before the same backdrop; not a copy.
 */
export type Relation = 'exact' | 'copy' | 'near_shot';

export interface PairMatch {
  /** 0.5…1, the same whichever picture asks; 1 for the same bytes alone. 0.85 and above is a duplicate. */
  score: number;
  relation: Relation;
  /**
   * What was done to the candidate to make the query, in this order, each where it applies: `flip` (left and right
   * changed over), `flip vertical`, `rotate90`, `rotate180`, `rotate270` (clockwise), `transpose`, `transverse`;
   * `rotate 7°`, `perspective` as a rest; `crop 12 %` (that share of the candidate is gone), `border` (the candidate
   * takes up only part of the query), `uncrop 12 %` and `border removed` the other way round; `aspect`; `grey`,
   * `colour`, `brightness`, `contrast`, `inverted`, `blur`, `sharpen`; `caption` (a part of the picture is painted over);
   * `recompressed` where nothing else is found.
   */
  transformation: string[];
  evidence: MatchEvidence;
}

/** What a match rests on; null where it could not be measured. */
export interface MatchEvidence {
  /** Least number of the 256 bits that differ, over the eight orientations. */
  pdqDistance: number;
  /** Of the two descriptors, 0…1. */
  cosine: number | null;
  /** −1…1: correlation of the aligned thumbnails' details. */
  ncc: number | null;
  /** 0…1: share of the shared area's blocks that agree. */
  blockAgreement: number | null;
  /** Local features that one affine map brings together; null where they were not asked. */
  localInliers: number | null;
  /** 0…255: mean difference of the aligned pictures' colours, beyond what one tint explains. */
  chromaDifference: number | null;
  /** Of the query, relative to the candidate. */
  orientation: Orientation;
  /** Affine map [a, b, c, d, e, f] from the query's unit square to the candidate's: x' = a·x + b·y + c, y' = d·x + e·y + f. */
  geometry: number[] | null;
  /** Share of the query's area that the candidate shows too, 0…1. */
  queryCoverage: number | null;
  /** Share of the candidate's area that the query shows too, 0…1: the picture with the lower figure shows more. */
  candidateCoverage: number | null;
}

/** The eight ways to lay a rectangle on a rectangle; rotations are clockwise. */
export const ORIENTATIONS = [
  'upright',
  'rotate90',
  'rotate180',
  'rotate270',
  'flip',
  'flip vertical',
  'transpose',
  'transverse',
] as const;
export type Orientation = (typeof ORIENTATIONS)[number];

/** The match of two pictures with the same bytes. */
export const EXACT_MATCH: PairMatch = {
  score: 1,
  relation: 'exact',
  transformation: [],
  evidence: {
    pdqDistance: 0,
    cosine: 1,
    ncc: 1,
    blockAgreement: 1,
    localInliers: null,
    chromaDifference: 0,
    orientation: 'upright',
    geometry: [1, 0, 0, 0, 1, 0],
    queryCoverage: 1,
    candidateCoverage: 1,
  },
};
