import { findContent } from './fingerprint/border.js';
import { sampleChroma } from './fingerprint/chroma.js';
import { describeSpectrum } from './fingerprint/descriptor.js';
import { packEvidence } from './fingerprint/evidence.js';
import { findFeatures, NO_FEATURES } from './fingerprint/local-features.js';
import { reduceToLuma } from './fingerprint/luma.js';
import { GRID, sampleGrid } from './fingerprint/tent-grid.js';
import { sampleThumbnail } from './fingerprint/thumbnail-grid.js';
import { DIHEDRAL_BYTES, dihedralHashes, HASH_BYTES, isTooNarrow } from './perceptual-hash.js';
import type { ColourPlanes, Pixels } from './pixels.js';

/** All that a picture is found and recognised by. Plain data: it crosses a thread boundary and lies in the database. */
export interface Fingerprint {
  /** PDQ, 256 bits in 32 bytes, of the whole picture. */
  pdq: Uint8Array;
  /** 0…100: how much structure `pdq` rests on. */
  quality: number;
  /** PDQ of the picture in its eight orientations, 32 bytes each, in the order of `ORIENTATIONS`; the first is `pdq`. */
  dihedral: Uint8Array;
  /** 64 values for finding candidates by cosine, of the picture without its border; all 0 where it has no structure. */
  descriptor: Int8Array;
  /** Packed thumbnails and local features, at most 9.2 kB, for comparing two pictures: `openEvidence` reads them. */
  evidence: Uint8Array;
}

export interface FingerprintOptions {
  /** Whether to look for local features, which find screenshots, pasted-in copies and strong crops. Default true. */
  localFeatures?: boolean;
  /** Of the picture that the pixels were reduced from. Default: that of the pixels. */
  size?: { width: number; height: number };
}

const wholeGrid = new Float64Array(GRID * GRID);
const thumbnail = new Float64Array(GRID * GRID);

/** The fingerprint of a decoded picture of any shape. A side below 5 px gives the zero hash with quality 0. */
export function fingerprint(pixels: Pixels | ColourPlanes, options: FingerprintOptions = {}): Fingerprint {
  const { localFeatures = true, size = { width: pixels.width, height: pixels.height } } = options;
  const luma = reduceToLuma(pixels);
  sampleGrid(luma, { left: 0, top: 0, width: luma.width, height: luma.height }, wholeGrid);
  const { hashes, quality } = isTooNarrow(pixels)
    ? { hashes: new Uint8Array(DIHEDRAL_BYTES), quality: 0 }
    : dihedralHashes(wholeGrid);
  const content = findContent(luma);
  sampleThumbnail(luma, content, thumbnail);
  const thumbnails = {
    size,
    reduced: luma,
    content,
    luma: thumbnail,
    chroma: sampleChroma(pixels, content, luma),
  };
  return {
    pdq: hashes.slice(0, HASH_BYTES),
    quality,
    dihedral: hashes,
    descriptor: describeSpectrum(thumbnail),
    evidence: packEvidence(thumbnails, localFeatures ? findFeatures(luma) : NO_FEATURES),
  };
}
