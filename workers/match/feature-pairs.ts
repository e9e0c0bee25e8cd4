import { mirrorDescriptions } from '../fingerprint/brief.js';
import { DESCRIPTOR_BYTES, MOST_FEATURES, type Evidence } from '../fingerprint/evidence.js';
import type { LocalFeatures } from '../fingerprint/local-features.js';
import { COLUMNS, DESCRIPTIONS, kernel, SIMILAR } from './pixel-kernel.js';

/** Bits of 256 that may differ between two descriptions of one corner, and how much nearer than the next it must be. */
const MOST_BITS = 72;
const NEAREST_RATIO = 0.88;
/** As far as it matters how near the next one is. */
const NEXT_BITS = Math.ceil(MOST_BITS / NEAREST_RATIO) + 1;
const LANES = 16;
const MOST_GROUPS = Math.ceil(MOST_FEATURES / LANES);
const MOST_SIMILAR = MOST_FEATURES * MOST_GROUPS * LANES;

/** A picture's features, laid out for comparing. */
export interface Points {
  count: number;
  /** In units of the longer side. */
  x: Float64Array;
  y: Float64Array;
  scaleX: number;
  scaleY: number;
  angle: Uint8Array;
  level: Uint8Array;
  descriptions: Uint8Array;
  /** The same by columns: the first byte of sixteen, then the second. Made when it is asked for. */
  columns: () => Uint8Array;
}

/** Features that look alike, by their numbers; `count` of them. Lent until the next call. */
export interface FeaturePairs {
  count: number;
  first: Uint8Array;
  second: Uint8Array;
}

const found = new Uint32Array(kernel.memory.buffer, SIMILAR, MOST_SIMILAR);
const descriptions = new Uint8Array(kernel.memory.buffer, DESCRIPTIONS, MOST_FEATURES * DESCRIPTOR_BYTES);
const columns = new Uint8Array(kernel.memory.buffer, COLUMNS, MOST_GROUPS * LANES * DESCRIPTOR_BYTES);
const pairs: FeaturePairs = { count: 0, first: new Uint8Array(MOST_FEATURES), second: new Uint8Array(MOST_FEATURES) };
const nearestOfA = new Int16Array(MOST_FEATURES);
const bitsOfA = new Uint8Array(MOST_FEATURES);
const nextOfA = new Uint8Array(MOST_FEATURES);
const nearestOfB = new Int16Array(MOST_GROUPS * LANES);
const bitsOfB = new Uint8Array(MOST_GROUPS * LANES);
const prepared = [new WeakMap<Evidence, Points>(), new WeakMap<Evidence, Points>()] as const;

/** A picture that is compared with many is made ready once. */
export function pointsOf(evidence: Evidence, mirrored: boolean): Points {
  const known = prepared[mirrored ? 1 : 0];
  let points = known.get(evidence);
  if (!points) known.set(evidence, (points = layOut(evidence, mirrored)));
  return points;
}

function layOut({ width, height, features }: Evidence, mirrored: boolean): Points {
  const longer = Math.max(width, height);
  const [scaleX, scaleY] = [width / longer, height / longer];
  let laid: Uint8Array | undefined;
  const bytes = mirrored ? mirrorDescriptions(features.descriptors) : features.descriptors;
  return {
    count: features.count,
    x: Float64Array.from(features.x, (x) => (mirrored ? 1 - x : x) * scaleX),
    y: Float64Array.from(features.y, (y) => y * scaleY),
    scaleX,
    scaleY,
    angle: mirrored ? features.angle.map((angle) => (128 - angle) & 255) : features.angle,
    level: features.level,
    descriptions: bytes,
    columns: () => (laid ??= byColumns(features, bytes)),
  };
}

function byColumns({ count }: LocalFeatures, bytes: Uint8Array): Uint8Array {
  const laid = new Uint8Array(Math.ceil(count / LANES) * LANES * DESCRIPTOR_BYTES);
  for (let feature = 0; feature < count; feature++) {
    const group = Math.floor(feature / LANES) * LANES * DESCRIPTOR_BYTES;
    for (let byte = 0; byte < DESCRIPTOR_BYTES; byte++) {
      laid[group + byte * LANES + (feature % LANES)] = bytes[feature * DESCRIPTOR_BYTES + byte]!;
    }
  }
  return laid;
}

/** Features nearest to each other, and those of the first picture that one of the second is clearly nearest to. */
export function pairUp(a: Points, b: Points): FeaturePairs {
  descriptions.set(a.descriptions);
  columns.set(b.columns());
  const groups = Math.ceil(b.count / LANES);
  const similar = kernel.similar(DESCRIPTIONS, a.count, groups, NEXT_BITS, MOST_SIMILAR);
  nearestOfA.fill(-1);
  nearestOfB.fill(-1);
  bitsOfA.fill(MOST_BITS + 1);
  bitsOfB.fill(MOST_BITS + 1);
  nextOfA.fill(NEXT_BITS);
  for (let index = 0; index < similar; index++) {
    const entry = found[index]!;
    const [i, j, bits] = [entry >> 16, (entry >> 8) & 255, entry & 255];
    if (j >= b.count) continue;
    if (bits < bitsOfA[i]!) {
      nextOfA[i] = Math.min(bitsOfA[i]!, NEXT_BITS);
      bitsOfA[i] = bits;
      nearestOfA[i] = j;
    } else if (bits < nextOfA[i]!) nextOfA[i] = bits;
    if (bits < bitsOfB[j]!) {
      bitsOfB[j] = bits;
      nearestOfB[j] = i;
    }
  }
  pairs.count = 0;
  for (let i = 0; i < a.count; i++) {
    const j = nearestOfA[i]!;
    if (j < 0) continue;
    if (nearestOfB[j] !== i && bitsOfA[i]! >= NEAREST_RATIO * nextOfA[i]!) continue;
    pairs.first[pairs.count] = i;
    pairs.second[pairs.count++] = j;
  }
  return pairs;
}
