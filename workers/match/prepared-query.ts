import { DESCRIPTOR_LENGTH } from '../fingerprint/descriptor.js';
import { HASH_BYTES } from '../perceptual-hash.js';
import { factorsOf } from './descriptor-parts.js';
import {
  dihedralOfHash,
  hammingDistance,
  MIRRORINGS,
  mirrorSorted,
  sortHash,
  TRANSPOSED,
} from './hash-orientations.js';
import { ORIENTATIONS } from './pair-match.js';

/** Bytes of a vector. */
export const VECTOR = 16;

export interface IndexQuery {
  pdq: Uint8Array;
  /** The hashes of the eight orientations; worked out from `pdq`, a few bits off, where it is not known. */
  dihedral?: Uint8Array | null;
  descriptor?: Int8Array | null;
}

/** A query as the scan kernel takes it. */
export interface PreparedQuery {
  /** The sorted hashes of the eight orientations. */
  sorted: Uint8Array[];
  hashColumns: Uint8Array;
  /** Bits by which an orientation's hash may differ from what mirroring the sorted hash makes of it; in its front half. */
  slack: number;
  frontSlack: number;
  descriptor: { factors: Int16Array; columns: Uint8Array } | null;
}

/** @throws {RangeError} where hash or descriptor have a wrong length. */
export function prepareQuery({ pdq, dihedral, descriptor }: IndexQuery): PreparedQuery {
  checkLength('hash', pdq, HASH_BYTES);
  const hashes = dihedral ?? dihedralOfHash(pdq);
  checkLength('dihedral hashes', hashes, ORIENTATIONS.length * HASH_BYTES);
  const sorted = ORIENTATIONS.map((_, index) => sortHash(hashes, index * HASH_BYTES));
  let [slack, frontSlack] = [0, 0];
  ORIENTATIONS.forEach((orientation, index) => {
    const { transposed, leftRight, topBottom } = MIRRORINGS[orientation];
    const expected = mirrorSorted(sorted[transposed ? TRANSPOSED : 0]!, leftRight, topBottom);
    slack = Math.max(slack, hammingDistance(expected, sorted[index]!));
    frontSlack = Math.max(frontSlack, hammingDistance(expected.subarray(0, HASH_BYTES / 2), sorted[index]!));
  });
  return {
    sorted,
    hashColumns: spreadBytes([...sorted[0]!, ...sorted[TRANSPOSED]!]),
    slack,
    frontSlack,
    descriptor: descriptor?.some((value) => value !== 0) ? prepareDescriptor(descriptor) : null,
  };
}

function prepareDescriptor(descriptor: Int8Array) {
  checkLength('descriptor', descriptor, DESCRIPTOR_LENGTH);
  const factors = factorsOf(descriptor);
  const lanes = VECTOR / 2;
  const columns = new Int16Array(DESCRIPTOR_LENGTH * lanes);
  factors.forEach((factor, at) => columns.fill(factor, at * lanes, (at + 1) * lanes));
  return { factors, columns: new Uint8Array(columns.buffer) };
}

function spreadBytes(values: readonly number[]): Uint8Array {
  const columns = new Uint8Array(values.length * VECTOR);
  values.forEach((value, index) => columns.fill(value, index * VECTOR, (index + 1) * VECTOR));
  return columns;
}

export function checkLength(name: string, { length }: { length: number }, expected: number): void {
  if (length !== expected) throw new RangeError(`The ${name} must have ${expected} values, not ${length}`);
}
