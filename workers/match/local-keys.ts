import {
  ANGLE,
  DESCRIPTION,
  DESCRIPTOR_BYTES,
  FEATURE_BYTES,
  featuresIn,
  LEVEL,
  openEvidence,
} from '../fingerprint/evidence.js';

/** What of a picture's features is kept in memory: so many of the strongest corners, so many words of each. */
export const FEATURE_BITS = 6;
export const KEPT_FEATURES = 2 ** FEATURE_BITS;
const KEPT_WORDS = 3;
const WORD_BITS = 28;
export const MOST_KEYS = KEPT_FEATURES * KEPT_WORDS;
/** As many features as evidence can tell of. */
export const MOST_ASKED_FEATURES = 255;
export const MOST_ASKED_KEYS = MOST_ASKED_FEATURES * KEPT_WORDS;
/** What evidence writes for the far end of a side. */
const WHOLE_SIDE = 65535;
/** Words with fewer bits of one sort come from plain patches, and are everywhere. */
const LEAST_BITS = 4;
/** Where a corner lies, in 255ths of the picture's longer side, its direction, of which 256 are a full turn, and its level. */
export const PLACE_BYTES = 4;
export const LONGER_SIDE = 255;
export const ANGLE_OF_PLACE = 2;
export const LEVEL_OF_PLACE = 3;

/**
 * Words of 28 bits out of a picture's descriptions, mixed: two pictures of one corner have one in common more often than
 * not, others seldom. Never 0.
 */
export interface LocalKeys {
  keys: Uint32Array;
  /** The number of the corner that each is of. */
  corners: Uint8Array;
  /** Of each corner its place. */
  places: Uint8Array;
}

export const NO_KEYS: LocalKeys = { keys: new Uint32Array(0), corners: new Uint8Array(0), places: new Uint8Array(0) };

/** At most `MOST_KEYS`. */
export function keysToKeep(evidence: Uint8Array): LocalKeys {
  return keysOf(evidence, KEPT_FEATURES, false);
}

interface AskedKeys {
  upright: LocalKeys;
  mirrored: LocalKeys;
}

/** Kept with the evidence itself: what a WeakMap holds outlives it until all memory is gone through. */
const ASKED = Symbol('keys');

interface AskedEvidence extends Uint8Array {
  [ASKED]?: AskedKeys;
}

/** All of a picture's keys, and those of it mirrored; for one that asks several indices they are made once. */
export function keysToAsk(evidence: AskedEvidence): AskedKeys {
  return (evidence[ASKED] ??= allKeysOf(evidence));
}

const allKeysOf = (evidence: Uint8Array): AskedKeys => ({
  upright: keysOf(evidence, Infinity, false),
  mirrored: keysOf(evidence, Infinity, true),
});

/** Of the first so many features, as they lie in the evidence. */
function keysOf(evidence: Uint8Array, most: number, isMirrored: boolean): LocalKeys {
  const all = featuresIn(evidence);
  if (!all) return NO_KEYS;
  const view = new DataView(evidence.buffer, evidence.byteOffset, evidence.byteLength);
  const count = Math.min(all.count, most);
  const keys = new Uint32Array(count * KEPT_WORDS);
  const corners = new Uint8Array(count * KEPT_WORDS);
  const places = placesOf(evidence, { count, start: all.start }, isMirrored);
  let found = 0;
  for (let corner = 0; corner < count; corner++) {
    // Of a mirrored patch the halves of the description change places, and no word reaches beyond the first.
    const start = all.start + corner * FEATURE_BYTES + DESCRIPTION + (isMirrored ? DESCRIPTOR_BYTES / 2 : 0);
    for (let word = 0; word < KEPT_WORDS; word++) {
      const key = saltedKey(wordAt(view, start, word), word);
      if (key === 0) continue;
      keys[found] = key;
      corners[found++] = corner;
    }
  }
  return { keys: keys.subarray(0, found), corners: corners.subarray(0, found), places };
}

function placesOf(
  evidence: Uint8Array,
  { count, start }: { count: number; start: number },
  isMirrored: boolean,
): Uint8Array {
  const { width, height } = openEvidence(evidence)!;
  const longer = Math.max(width, height);
  const [across, down] = [(width / longer) * LONGER_SIDE, (height / longer) * LONGER_SIDE];
  const view = new DataView(evidence.buffer, evidence.byteOffset, evidence.byteLength);
  const places = new Uint8Array(count * PLACE_BYTES);
  for (let corner = 0; corner < count; corner++) {
    const at = start + corner * FEATURE_BYTES;
    const place = corner * PLACE_BYTES;
    const [x, y, angle] = [view.getUint16(at) / WHOLE_SIDE, view.getUint16(at + 2) / WHOLE_SIDE, evidence[at + ANGLE]!];
    places[place] = Math.round((isMirrored ? 1 - x : x) * across);
    places[place + 1] = Math.round(y * down);
    places[place + ANGLE_OF_PLACE] = isMirrored ? 128 - angle : angle;
    places[place + LEVEL_OF_PLACE] = evidence[at + LEVEL]!;
  }
  return places;
}

function wordAt(view: DataView, start: number, word: number): number {
  const bit = word * WORD_BITS;
  const bytes = view.getUint32(start + (bit >> 3), true);
  return (bytes >>> (bit & 7)) & ((1 << WORD_BITS) - 1);
}

/** Words of different places must not meet, and near words must not fall into near buckets. 0 for a word that says nothing. */
function saltedKey(value: number, word: number): number {
  let pairs = value - ((value >>> 1) & 0x55555555);
  pairs = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  const bits = Math.imul((pairs + (pairs >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  if (bits < LEAST_BITS || bits > WORD_BITS - LEAST_BITS) return 0;
  let mixed = Math.imul(value ^ (word * 0x9e3779b9), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  const key = (mixed ^ (mixed >>> 16)) >>> 0;
  return key === 0 ? 1 : key;
}
