import { mirrorDescription } from '../fingerprint/brief.js';
import { DESCRIPTOR_BYTES, openEvidence } from '../fingerprint/evidence.js';

/** What of a picture's features is kept in memory: so many of the strongest corners, so many words of each. */
const KEPT_FEATURES = 48;
const KEPT_WORDS = 4;
export const MOST_KEYS = KEPT_FEATURES * KEPT_WORDS;
/** Words with fewer bits of one sort come from plain patches, and are everywhere. */
const LEAST_BITS = 5;

/**
 * Words of 32 bits out of a picture's descriptions: two pictures of one corner have one in common more often than not,
 * others hardly ever.
 */
export function keysToKeep(evidence: Uint8Array): Uint32Array {
  const descriptors = openEvidence(evidence)?.features.descriptors ?? new Uint8Array(0);
  return distinctKeys(descriptors.subarray(0, KEPT_FEATURES * DESCRIPTOR_BYTES));
}

/** All of a picture's keys, and those of it mirrored. */
export function keysToAsk(evidence: Uint8Array): { upright: Uint32Array; mirrored: Uint32Array } {
  const descriptors = openEvidence(evidence)?.features.descriptors ?? new Uint8Array(0);
  return { upright: distinctKeys(descriptors), mirrored: distinctKeys(mirrorDescription(descriptors)) };
}

function distinctKeys(descriptors: Uint8Array): Uint32Array {
  const view = new DataView(descriptors.buffer, descriptors.byteOffset, descriptors.byteLength);
  const keys = new Set<number>();
  for (let at = 0; at < descriptors.length; at += DESCRIPTOR_BYTES) {
    for (let word = 0; word < KEPT_WORDS; word++) {
      const key = saltedKey(view.getUint32(at + 4 * word, true), word);
      if (key !== null) keys.add(key);
    }
  }
  return Uint32Array.from(keys);
}

/** Words of different places must not meet, and near words must not fall into near buckets. */
function saltedKey(value: number, word: number): number | null {
  let bits = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) bits++;
  if (bits < LEAST_BITS || bits > 32 - LEAST_BITS) return null;
  let mixed = Math.imul(value ^ (word * 0x9e3779b9), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  const key = (mixed ^ (mixed >>> 16)) >>> 0;
  return key === 0 ? 1 : key;
}
