import { DIHEDRAL_BYTES, HASH_BYTES } from '../perceptual-hash.js';
import { ORIENTATIONS, type Orientation } from './pair-match.js';

const SIDE = 16;
const CLASS_BYTES = 8;
/** Frequencies each way that count as low: crops and small turns leave these bits rather than the others. */
const LOW = 8;
/** Bits of a sorted hash's kind that are of low frequencies. */
const LOW_BITS_OF_KIND = 16;
/** Position in `ORIENTATIONS` of the transposed picture. */
export const TRANSPOSED = 6;

/** For each bit of a sorted hash, the bit of the PDQ hash it is. */
const sortedBits = sortBits();

/**
 * A hash by what mirroring does to its bits, 64 of each kind: those it leaves alone, those that mirroring left and right
 * inverts, those that mirroring top and bottom inverts, those that either inverts. Of each kind those of the 64 lowest
 * frequencies come first. Distances stay the same.
 */
export function sortHash(hash: Uint8Array, start = 0): Uint8Array {
  const sorted = new Uint8Array(HASH_BYTES);
  for (let bit = 0; bit < sortedBits.length; bit++) {
    const from = sortedBits[bit]!;
    if ((hash[start + HASH_BYTES - 1 - (from >> 3)]! >> (from & 7)) & 1) sorted[bit >> 3]! |= 1 << (bit & 7);
  }
  return sorted;
}

/** Inverts the bits of a sorted hash that mirroring inverts. */
export function mirrorSorted(sorted: Uint8Array, leftRight: boolean, topBottom: boolean): Uint8Array {
  return sorted.map((byte, index) => {
    const kind = Math.floor(index / CLASS_BYTES);
    const inverted = ((kind & 1) === 1 && leftRight) !== (kind >= 2 && topBottom);
    return inverted ? byte ^ 255 : byte;
  });
}

/** Which mirrorings make each orientation of the picture, or of the transposed picture. */
export const MIRRORINGS: Record<Orientation, { transposed: boolean; leftRight: boolean; topBottom: boolean }> = {
  upright: { transposed: false, leftRight: false, topBottom: false },
  rotate90: { transposed: true, leftRight: true, topBottom: false },
  rotate180: { transposed: false, leftRight: true, topBottom: true },
  rotate270: { transposed: true, leftRight: false, topBottom: true },
  flip: { transposed: false, leftRight: true, topBottom: false },
  'flip vertical': { transposed: false, leftRight: false, topBottom: true },
  transpose: { transposed: true, leftRight: false, topBottom: false },
  transverse: { transposed: true, leftRight: true, topBottom: true },
};

/** What turns a picture back. */
export function inverseOf(orientation: Orientation): Orientation {
  if (orientation === 'rotate90') return 'rotate270';
  return orientation === 'rotate270' ? 'rotate90' : orientation;
}

/** The eight hashes of which only the first is known, but for the bits that the median decides. */
export function dihedralOfHash(pdq: Uint8Array): Uint8Array {
  const upright = sortHash(pdq);
  const transposed = sortHash(transposeHash(pdq));
  const hashes = new Uint8Array(DIHEDRAL_BYTES);
  ORIENTATIONS.forEach((orientation, index) => {
    const { leftRight, topBottom, ...mirroring } = MIRRORINGS[orientation];
    const sorted = mirrorSorted(mirroring.transposed ? transposed : upright, leftRight, topBottom);
    hashes.set(unsortHash(sorted), index * HASH_BYTES);
  });
  return hashes;
}

/** Bits in which two stretches of bytes differ. */
export function hammingDistance(a: Uint8Array, b: Uint8Array, bStart = 0): number {
  let distance = 0;
  for (let i = 0; i < a.length; i++) distance += bitsOfByte[a[i]! ^ b[bStart + i]!]!;
  return distance;
}

/** Of the 64 lowest frequencies of two sorted hashes, the bits that differ in the best of four mirrorings. */
export function lowDistance(a: Uint8Array, b: Uint8Array): number {
  const ofKind = (kind: number) => {
    const at = kind * CLASS_BYTES;
    return bitsOfByte[a[at]! ^ b[at]!]! + bitsOfByte[a[at + 1]! ^ b[at + 1]!]!;
  };
  const [across, down, both] = [ofKind(1), ofKind(2), ofKind(3)];
  const all = across + down + both;
  // A mirroring inverts two of the three kinds.
  return ofKind(0) + Math.min(all, 2 * LOW_BITS_OF_KIND + 2 * Math.min(across, down, both) - all);
}

const bitsOfByte = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let rest = byte; rest > 0; rest >>= 1) bits += rest & 1;
  return bits;
});

function unsortHash(sorted: Uint8Array): Uint8Array {
  const hash = new Uint8Array(HASH_BYTES);
  for (let bit = 0; bit < sortedBits.length; bit++) {
    const to = sortedBits[bit]!;
    if ((sorted[bit >> 3]! >> (bit & 7)) & 1) hash[HASH_BYTES - 1 - (to >> 3)]! |= 1 << (to & 7);
  }
  return hash;
}

function transposeHash(hash: Uint8Array): Uint8Array {
  const transposed = new Uint8Array(HASH_BYTES);
  for (let bit = 0; bit < SIDE * SIDE; bit++) {
    const from = (bit % SIDE) * SIDE + Math.floor(bit / SIDE);
    if ((hash[HASH_BYTES - 1 - (from >> 3)]! >> (from & 7)) & 1) {
      transposed[HASH_BYTES - 1 - (bit >> 3)]! |= 1 << (bit & 7);
    }
  }
  return transposed;
}

function sortBits(): Uint8Array {
  const kinds: number[][] = [[], [], [], []];
  for (let bit = 0; bit < SIDE * SIDE; bit++) {
    // Frequencies count from 1, and mirroring negates the odd ones.
    const leftRight = bit % 2 === 0 ? 1 : 0;
    const topBottom = Math.floor(bit / SIDE) % 2 === 0 ? 2 : 0;
    kinds[leftRight + topBottom]!.push(bit);
  }
  const isHigh = (bit: number) => bit % SIDE >= LOW || bit >= SIDE * LOW;
  return Uint8Array.from(kinds.flatMap((bits) => bits.sort((a, b) => Number(isHigh(a)) - Number(isHigh(b)) || a - b)));
}
