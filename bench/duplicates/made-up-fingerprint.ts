import type { Fingerprint } from '../../workers/fingerprint.js';
import type { Random } from './random.js';

const LUMA_START = 26;
const LUMA_SIDE = 64;
const FEATURES_START = LUMA_START + LUMA_SIDE * LUMA_SIDE + 2 * 16 * 16;
const FEATURE_BYTES = 38;
/** Of a feature's bytes those that say where it is. */
const POSE_BYTES = 6;

/** A descriptor of no picture that yet has each value as often as real ones: each taken from one of two pictures'. */
export function varyDescriptor(others: readonly Fingerprint[], random: Random, target: Int8Array): void {
  const [one, other] = [random.pick(others).descriptor, random.pick(others).descriptor];
  for (let i = 0; i < target.length; i++) target[i] = (random.integer(0, 1) === 0 ? one : other)[i]!;
}

/**
 * Stands for a picture that is like no other: random bits, a mixed descriptor, the mean of two pictures' thumbnails
 * shifted at random, and as many local features as a picture has, with random bits.
 */
export function madeUpFingerprint(others: readonly Fingerprint[], random: Random): Fingerprint {
  const pdq = Uint8Array.from({ length: 32 }, () => random.integer(0, 255));
  const descriptor = new Int8Array(64);
  varyDescriptor(others, random, descriptor);
  const evidence = random.pick(others).evidence.slice();
  blendLuma(evidence, random.pick(others).evidence, random);
  for (let at = FEATURES_START; at < evidence.length; at++) {
    if ((at - FEATURES_START) % FEATURE_BYTES >= POSE_BYTES) evidence[at] = random.integer(0, 255);
  }
  return { pdq, quality: 100, dihedral: new Uint8Array(0), descriptor, evidence };
}

function blendLuma(evidence: Uint8Array, other: Uint8Array, random: Random): void {
  const one = evidence.slice(LUMA_START, LUMA_START + LUMA_SIDE * LUMA_SIDE);
  const [right, down] = [random.integer(0, LUMA_SIDE - 1), random.integer(0, LUMA_SIDE - 1)];
  for (let y = 0; y < LUMA_SIDE; y++) {
    for (let x = 0; x < LUMA_SIDE; x++) {
      const shifted = ((y + down) % LUMA_SIDE) * LUMA_SIDE + ((x + right) % LUMA_SIDE);
      const at = LUMA_START + y * LUMA_SIDE + x;
      evidence[at] = (one[shifted]! + other[at]!) / 2;
    }
  }
}
