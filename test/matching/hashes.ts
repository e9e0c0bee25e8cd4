import { createHash } from 'node:crypto';

/** 256 even bits, the same for a seed every time. */
export function randomHash(seed: number): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(`hash ${seed}`).digest());
}

/** The hash with `count` neighbouring bits turned over, from the given one on. */
export function flipped(hash: Uint8Array, count: number, from = 0): Uint8Array {
  const changed = Uint8Array.from(hash);
  for (let bit = from; bit < from + count; bit++) changed[bit >> 3]! ^= 1 << (bit & 7);
  return changed;
}

/** How many bits of two hashes differ. */
export function bitsApart(a: Uint8Array, b: Uint8Array): number {
  let bits = 0;
  for (let at = 0; at < a.length; at++) {
    for (let rest = a[at]! ^ b[at]!; rest > 0; rest &= rest - 1) bits += 1;
  }
  return bits;
}
