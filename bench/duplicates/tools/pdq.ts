import { decode } from '../../../workers/decode.js';
import { perceptualHash } from '../../../workers/perceptual-hash.js';
import { BEYOND, contentTypeOf, hammingComparer, MAX_PIXELS, type PairwiseTool } from './tool.js';

const HASH_BYTES = 32;
/** The hash and, in a word of its own, whether its quality is enough. */
const ROW_BYTES = 36;
const LEAST_QUALITY = 50;

/** Both tools below ask for the same rows. */
const known = new Map<string, Promise<Uint8Array | null>>();

function describe(file: string): Promise<Uint8Array | null> {
  const row = known.get(file) ?? hash(file);
  known.set(file, row);
  return row;
}

async function hash(file: string): Promise<Uint8Array | null> {
  const { pixels } = await decode({ path: file, contentType: contentTypeOf(file), maxPixels: MAX_PIXELS });
  if (pixels === null) return null;
  const { hash: bits, quality } = perceptualHash(pixels);
  const row = new Uint8Array(ROW_BYTES);
  row.set(bits);
  row[HASH_BYTES] = quality >= LEAST_QUALITY ? 1 : 0;
  return row;
}

/** PDQ's bits alone, as in its paper's matching without the quality rule. */
export const pdq: PairwiseTool = {
  name: 'PDQ alone',
  bytes: ROW_BYTES,
  ownThreshold: 31,
  timed: false,
  describe,
  comparer: (rows, bytes) => hammingComparer(hashesOf(rows, bytes), HASH_BYTES),
};

/** With the rule of its authors that hashes of a quality below 50 match nothing. */
export const pdqWithQuality: PairwiseTool = {
  ...pdq,
  name: 'PDQ, quality ≥ 50',
  timed: false,
  comparer: (rows, bytes) => {
    const distance = hammingComparer(hashesOf(rows, bytes), HASH_BYTES);
    const good = (picture: number) => rows[picture * bytes + HASH_BYTES] === 1;
    return (one, other, bound) => (good(one) && good(other) ? distance(one, other, bound) : BEYOND);
  },
};

function hashesOf(rows: Uint8Array, bytes: number): Uint8Array {
  const count = rows.length / bytes;
  const hashes = new Uint8Array(count * HASH_BYTES);
  for (let i = 0; i < count; i++) hashes.set(rows.subarray(i * bytes, i * bytes + HASH_BYTES), i * HASH_BYTES);
  return hashes;
}
