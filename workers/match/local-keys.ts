import { ANGLE, DESCRIPTION, DESCRIPTOR_BYTES, FEATURE_BYTES, featuresIn, LEVEL } from '../fingerprint/evidence.js';

/** What of a picture's features is kept in memory: so many of the strongest corners, so many words of each. */
const KEPT_FEATURES = 64;
const KEPT_WORDS = 3;
const WORD_BITS = 28;
export const MOST_KEYS = KEPT_FEATURES * KEPT_WORDS;
/** Of as many features as evidence can tell of. */
export const MOST_ASKED_KEYS = 255 * KEPT_WORDS;
/** Words with fewer bits of one sort come from plain patches, and are everywhere. */
const LEAST_BITS = 4;
/** A pose is a direction in sixteenths of a turn and a level. */
export const LEVEL_BITS = 2;
export const POSE_BITS = 4 + LEVEL_BITS;

/**
 * Words of 28 bits out of a picture's descriptions, mixed: two pictures of one corner have one in common more often than
 * not, others seldom. Never 0.
 */
export interface LocalKeys {
  keys: Uint32Array;
  /** Direction and level of the corner that each is of. */
  poses: Uint8Array;
}

const NOTHING: LocalKeys = { keys: new Uint32Array(0), poses: new Uint8Array(0) };

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
  if (!all) return NOTHING;
  const view = new DataView(evidence.buffer, evidence.byteOffset, evidence.byteLength);
  const features = Math.min(all.count, most);
  const keys = new Uint32Array(features * KEPT_WORDS);
  const poses = new Uint8Array(features * KEPT_WORDS);
  let found = 0;
  for (let feature = 0; feature < features; feature++) {
    const at = all.start + feature * FEATURE_BYTES;
    const angle = evidence[at + ANGLE]!;
    const turned = isMirrored ? 128 - angle : angle;
    const pose = ((((turned + 8) & 255) >> 4) << LEVEL_BITS) | evidence[at + LEVEL]!;
    // Of a mirrored patch the halves of the description change places, and no word reaches beyond the first.
    const start = at + DESCRIPTION + (isMirrored ? DESCRIPTOR_BYTES / 2 : 0);
    for (let word = 0; word < KEPT_WORDS; word++) {
      const key = saltedKey(wordAt(view, start, word), word);
      if (key === 0) continue;
      keys[found] = key;
      poses[found++] = pose;
    }
  }
  return { keys: keys.subarray(0, found), poses: poses.subarray(0, found) };
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
