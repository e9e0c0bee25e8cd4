import { logit, PRIOR, sigmoid } from '../../../workers/detector/prior.js';

/** What an analysis tells of how a picture was made. */
export interface GeneratedEvidence {
  /** Probability at `PRIOR` that the pixels are generated; null when the picture cannot be decoded. */
  detectorScore: number | null;
  provenance: readonly { kind?: string }[];
}

/**
 * How many times likelier a fact is in a generated picture than in a photo. Measured: none of 3,266 photos had any of
 * these and 1.2 % of 2,019 generated pictures did, so that the ratio is at least about ten. What it is beyond that is a
 * judgement of how a photo would come by one: a record takes a forger, a declaration a wrong setting, a mention a caption.
 */
const LIKELIHOOD_RATIOS: Readonly<Record<string, number>> = {
  record: 10_000,
  declared: 1000,
  declared_in_part: 1000,
  mentioned: 100,
};

/**
 * How many times likelier what a camera leaves is in a photo. Of the same files a tenth of the photos had it and none of
 * the generated pictures; it is kept small all the same, since anyone can copy it into any file.
 */
const CAMERA_RATIO = 3;
/** The log likelihood ratio of all else up to which cameras' traces count in full, and from which not at all. */
const CAMERA_COUNTS_TO = 0;
const CAMERA_ENDS_AT = Math.log(4);

/** The pixels never speak against generation by more than a hundred to one: one recompression hides what they show. */
const MOST_AGAINST = Math.log(100);

/**
 * The one figure for "AI-generated": a probability, stated for even odds (`PRIOR`). Log likelihood ratios add up (naive
 * Bayes): that of the pixels, as the detector's calibration has it; that of the strongest fact that names a generator,
 * the strongest alone since the facts of one file have one origin; less that of a camera's traces. These fade out as all
 * else begins to speak for generation, so that copied EXIF clears no picture.
 *
 * Monotone: it never falls when the detector's probability rises or a fact for generation is added, never rises when a
 * camera's trace is, and without facts it is the detector's own from `PRIOR` up. 0 for a picture that cannot be decoded
 * and about which nothing else speaks for generation.
 */
export function aiGeneratedScore({ detectorScore, provenance }: GeneratedEvidence): number {
  const kinds = new Set(provenance.map(({ kind }) => kind));
  const forGeneration = Math.max(1, ...[...kinds].map((kind) => LIKELIHOOD_RATIOS[kind ?? ''] ?? 1));
  if (detectorScore === null && forGeneration === 1) return 0;

  const byPixels = detectorScore === null ? 0 : flattenedBelow(logit(detectorScore) - logit(PRIOR));
  const logRatio = byPixels + Math.log(forGeneration);
  const byCamera = kinds.has('camera') ? Math.log(CAMERA_RATIO) * cameraShare(logRatio) : 0;
  return sigmoid(logit(PRIOR) + logRatio - byCamera);
}

/** The same where it is positive; below, strictly rising and never under the limit. */
function flattenedBelow(logRatio: number): number {
  return logRatio >= 0 ? logRatio : MOST_AGAINST * Math.tanh(logRatio / MOST_AGAINST);
}

/** 1 where all else speaks for a photo, 0 where it speaks for generation, a straight line between. */
function cameraShare(logRatio: number): number {
  return Math.min(1, Math.max(0, (CAMERA_ENDS_AT - logRatio) / (CAMERA_ENDS_AT - CAMERA_COUNTS_TO)));
}
