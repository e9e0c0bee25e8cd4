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

/** Bits 1, 3, 5 and 7 of a byte. */
const oddBits = Uint8Array.from(
  { length: 256 },
  (_, byte) => ((byte >> 1) & 1) | ((byte >> 2) & 2) | ((byte >> 3) & 4) | ((byte >> 4) & 8),
);
/** The place, in half bytes, of a hash's byte among the bits of their kind: half a row of eight frequencies. */
const placeOfByte = Uint8Array.from({ length: HASH_BYTES }, (_, byte) => {
  const [row, half] = [byte >> 1, byte & 1];
  return row < LOW ? (row >> 1) + 4 * half : 2 * (row >> 1) + half;
});
/** For each bit of a sorted hash, the bit of the PDQ hash it is. */
const sortedBits = sortBits();

/**
 * A hash by what mirroring does to its bits, 64 of each kind: those it leaves alone, those that mirroring left and right
 * inverts, those that mirroring top and bottom inverts, those that either inverts. Of each kind those of the 64 lowest
 * frequencies come first. Distances stay the same.
 */
export function sortHash(hash: Uint8Array, start = 0): Uint8Array {
  const sorted = new Uint8Array(HASH_BYTES);
  for (let byte = 0; byte < HASH_BYTES; byte++) {
    const value = hash[start + HASH_BYTES - 1 - byte]!;
    const nibble = placeOfByte[byte]!;
    // Frequencies count from 1, and mirroring negates the odd ones, which stand in even rows and columns.
    const at = ((byte >> 1) & 1 ? 0 : 2 * CLASS_BYTES) + (nibble >> 1);
    const shift = 4 * (nibble & 1);
    sorted[at]! |= oddBits[value]! << shift;
    sorted[at + CLASS_BYTES]! |= oddBits[(value << 1) & 255]! << shift;
  }
  return sorted;
}

/** Inverts the bits of a sorted hash that mirroring inverts. */
export function mirrorSorted(sorted: Uint8Array, leftRight: boolean, topBottom: boolean): Uint8Array {
  const mirrored = new Uint8Array(HASH_BYTES);
  for (let at = 0; at < HASH_BYTES; at++) {
    mirrored[at] = isInverted(Math.floor(at / CLASS_BYTES), leftRight, topBottom) ? sorted[at]! ^ 255 : sorted[at]!;
  }
  return mirrored;
}

const isInverted = (kind: number, leftRight: boolean, topBottom: boolean) =>
  ((kind & 1) === 1 && leftRight) !== (kind >= 2 && topBottom);

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

/** The least distance of two hashes over the eight orientations of the first, and the orientation that has it. */
export function nearestOrientation(
  first: Uint8Array,
  second: Uint8Array,
): { distance: number; orientation: Orientation } {
  const other = sortHash(second);
  const [upright, transposed] = [sortHash(first), sortHash(transposeHash(first))].map((sorted) =>
    [0, 1, 2, 3].map((kind) => {
      let bits = 0;
      for (let at = kind * CLASS_BYTES; at < (kind + 1) * CLASS_BYTES; at++)
        bits += bitsOfByte[sorted[at]! ^ other[at]!]!;
      return bits;
    }),
  ) as [number[], number[]];
  let nearest: { distance: number; orientation: Orientation } = { distance: Infinity, orientation: 'upright' };
  for (const orientation of ORIENTATIONS) {
    const mirroring = MIRRORINGS[orientation];
    const distance = (mirroring.transposed ? transposed : upright).reduce(
      (sum, bits, kind) =>
        sum + (isInverted(kind, mirroring.leftRight, mirroring.topBottom) ? 8 * CLASS_BYTES - bits : bits),
      0,
    );
    if (distance < nearest.distance) nearest = { distance, orientation };
  }
  return nearest;
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
  const places = new Uint8Array(SIDE * SIDE);
  const single = new Uint8Array(HASH_BYTES);
  for (let bit = 0; bit < places.length; bit++) {
    single.fill(0)[HASH_BYTES - 1 - (bit >> 3)] = 1 << (bit & 7);
    const sorted = sortHash(single);
    const byte = sorted.findIndex((value) => value !== 0);
    places[8 * byte + Math.log2(sorted[byte]!)] = bit;
  }
  return places;
}
