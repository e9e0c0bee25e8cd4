import type { Fingerprint } from './fingerprint.js';

/** What a thread is asked to look at. */
export interface AnalysisTask {
  /** A readable local file. */
  path: string;
  /** What its magic bytes said at upload; no other decoder is tried. */
  contentType: ImageContentType;
  maxPixels: number;
}

/** A preview of at most `size` pixels on the long side. */
export interface ThumbnailTask extends AnalysisTask {
  size: number;
}

/** A preview or a heat map. Plain data, as it crosses a thread boundary. `milliseconds`: spent on it. */
export type WebpAnswer =
  | { webp: Uint8Array; milliseconds: number }
  /** Why the picture cannot be decoded, and whether it never will be, whatever the settings. */
  | { webp: null; undecodable: string; lasting: boolean; milliseconds: number };

/** What a reference picture is known by. */
export type FingerprintAnswer =
  | { fingerprint: Fingerprint; width: number; height: number; milliseconds: number }
  /** Why the picture cannot be decoded, and whether it never will be, whatever the settings. */
  | { fingerprint: null; undecodable: string; lasting: boolean; milliseconds: number };

export type ImageContentType = 'image/jpeg' | 'image/png' | 'image/webp';

/** What was found in one picture. Plain data: it crosses a thread boundary. */
export interface Analysis {
  /** Pixels after EXIF orientation. 0 × 0 when the header could not be read. */
  width: number;
  height: number;
  /** Perceptual hash, 256 bits in 32 bytes; null when the picture cannot be decoded. */
  pdq: Uint8Array | null;
  /** 0…100: how much structure the hash rests on; below 50 it is not to be trusted. 0 when not decodable. */
  pdqQuality: number;
  /** What copies of the picture are found by; null when it cannot be decoded. */
  fingerprint: Fingerprint | null;
  /** Probability in 0…1 that the pixels are generated, by the detector alone; null when not decodable. */
  detectorScore: number | null;
  /** Facts read from metadata that name a generator. */
  provenance: ProvenanceFact[];
  /** Size of the EXIF, XMP, IPTC and ICC data in the file, bytes; 0 when the header could not be read. */
  metadataBytes: number;
  /** Findings that depend on no threshold. */
  findings: Finding[];
  /** Why the picture could not be decoded; null when it could. */
  error: string | null;
  /** Whether the bytes alone decide all this; false where it is due to `maxPixels` or to a failure not understood. */
  lasting: boolean;
  /** Milliseconds by stage. */
  timings: { decode: number; hash: number; detect: number; provenance: number };
}

/**
 * `ai_metadata` stands beside one `ai_metadata:<source>` for each place that says so. `analysis_failed`: the picture could
 * not be looked at, which says nothing of it.
 */
export type Finding =
  | 'corrupt'
  | 'analysis_failed'
  | 'too_small'
  | 'low_detail'
  | 'ai_metadata'
  | `ai_metadata:${string}`
  | 'camera_metadata'
  | 'c2pa_invalid';

/**
 * What a fact is evidence of, from the strongest:
 * - `record`: what only a generator writes about its work, or a declaration under a valid signature
 * - `declared`: a standard's field that says "generated", or a tool's field that names a generator
 * - `declared_in_part`: the same of a part of the picture
 * - `mentioned`: a credit in free text, or a declaration in a manifest that does not fit the picture
 * - `camera`: what a camera leaves; anyone can copy it
 * - `manifest`: that there is a C2PA manifest, and what its validation said
 */
export type EvidenceKind = 'record' | 'declared' | 'declared_in_part' | 'mentioned' | 'camera' | 'manifest';

export interface ProvenanceFact {
  /** Where it stood: `text:parameters`, `exif:Software`, `xmp:DigitalSourceType`, `c2pa:claim_generator`… */
  source: string;
  kind: EvidenceKind;
  /** The generator, where it is named. */
  generator: string | null;
  /** The marker found, cut to 200 characters, control characters removed. */
  value: string;
}
