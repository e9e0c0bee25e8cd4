import { DESCRIPTOR_LENGTH } from '../fingerprint/descriptor.js';

const SIDE = 8;
/**
 * Transposing a picture exchanges a descriptor's mirrored values, so their sums stay and their differences are negated.
 * Of two descriptors the dot product as they are is S + A, of one transposed it is S − A, each being half the work:
 * S over the diagonal and the sums, A over the differences.
 */
export const SYMMETRIC_PARTS = (SIDE * (SIDE + 1)) / 2;

const diagonal = Array.from({ length: SIDE }, (_, at) => at * (SIDE + 1));
const mirrored = Array.from(
  { length: DESCRIPTOR_LENGTH },
  (_, at) => [at, (at % SIDE) * SIDE + (at >> 3)] as const,
).filter(([one, other]) => one < other);

/** As descriptors are kept: sums and differences are halved to fit int8, which takes less than 0.01 from or to a cosine. */
export function partsOf(descriptor: Int8Array): Int8Array {
  return Int8Array.from([
    ...diagonal.map((at) => descriptor[at]!),
    ...mirrored.map(([one, other]) => (descriptor[one]! + descriptor[other]!) >> 1),
    ...mirrored.map(([one, other]) => (descriptor[one]! - descriptor[other]!) >> 1),
  ]);
}

/** As a query has them, to be multiplied with the parts of those that are kept. */
export function factorsOf(descriptor: Int8Array): Int16Array {
  return Int16Array.from([
    ...diagonal.map((at) => descriptor[at]!),
    ...mirrored.map(([one, other]) => descriptor[one]! + descriptor[other]!),
    ...mirrored.map(([one, other]) => descriptor[one]! - descriptor[other]!),
  ]);
}
