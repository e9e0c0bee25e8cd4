import type { Analysis, FingerprintAnswer, WebpAnswer } from '../../workers/analysis.js';

/** What is said of a picture that was in hand until the deadline. */
export const OVERDUE = 'The analysis of this picture did not come to an end.';

/** What is answered of a picture that whoever looked at it did not survive, or did not come back from. */
export const noAnalysis = (error: string): Analysis => ({
  width: 0,
  height: 0,
  pdq: null,
  pdqQuality: 0,
  fingerprint: null,
  detectorScore: null,
  provenance: [],
  metadataBytes: 0,
  findings: ['analysis_failed'],
  error,
  // Kept, so that later runs know which picture to look at with care.
  lasting: true,
  timings: { decode: 0, hash: 0, detect: 0, provenance: 0 },
});

/** The same where a thumbnail or a heat map was asked for. */
export const noThumbnail = (undecodable: string): WebpAnswer => ({
  webp: null,
  undecodable,
  lasting: true,
  milliseconds: 0,
});

/** The same where a fingerprint was asked for. */
export const noFingerprint = (undecodable: string): FingerprintAnswer => ({
  fingerprint: null,
  undecodable,
  lasting: true,
  milliseconds: 0,
});
