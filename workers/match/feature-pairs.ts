import { mirrorDescriptions } from '../fingerprint/brief.js';
import { DESCRIPTOR_BYTES, MOST_FEATURES, type Evidence } from '../fingerprint/evidence.js';
import { COLUMNS, DESCRIPTIONS, kernel, SIMILAR } from './pixel-kernel.js';

/** Bits of 256 that may differ between two descriptions of one corner, and how much nearer than the next it must be. */
const MOST_BITS = 72;
const NEAREST_RATIO = 0.88;
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
  /** 32 bytes each, of the picture as it is. */
  descriptors: Uint8Array;
  mirrored: boolean;
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
/** Kept with the evidence itself: what a WeakMap holds outlives it until all memory is gone through. */
const UPRIGHT = Symbol('points');
const MIRRORED = Symbol('points of the mirrored picture');

interface PreparedEvidence extends Evidence {
  [UPRIGHT]?: Points;
  [MIRRORED]?: Points;
}

/** A picture that is compared with many is made ready once. */
export function pointsOf(evidence: PreparedEvidence, mirrored: boolean): Points {
  return (evidence[mirrored ? MIRRORED : UPRIGHT] ??= layOut(evidence, mirrored));
}

function layOut(evidence: Evidence, mirrored: boolean): Points {
  const { width, height, features } = evidence;
  const { count } = features;
  const longer = Math.max(width, height);
  const [scaleX, scaleY] = [width / longer, height / longer];
  // One piece of memory for all of them, which there are thousands of a second.
  const memory = new ArrayBuffer(count * (2 * Float64Array.BYTES_PER_ELEMENT + 1));
  const x = new Float64Array(memory, 0, count);
  const y = new Float64Array(memory, x.byteLength, count);
  const angle = new Uint8Array(memory, 2 * x.byteLength, count);
  const { x: shareX, y: shareY, angle: turned } = features;
  for (let i = 0; i < count; i++) {
    x[i] = (mirrored ? 1 - shareX[i]! : shareX[i]!) * scaleX;
    y[i] = shareY[i]! * scaleY;
    angle[i] = mirrored ? 128 - turned[i]! : turned[i]!;
  }
  return { count, x, y, scaleX, scaleY, angle, level: features.level, descriptors: features.descriptors, mirrored };
}

/** Puts the descriptions where the kernel looks for them. */
function putDescriptions({ descriptors, mirrored }: Points): void {
  if (mirrored) mirrorDescriptions(descriptors, descriptions);
  else descriptions.set(descriptors);
}

let laidByColumns: Points | undefined;

/** Puts the descriptions of a picture as it is where the kernel looks for them by columns, unless they are there. */
function putColumns(points: Points): void {
  if (points === laidByColumns) return;
  laidByColumns = points;
  const { count, descriptors } = points;
  for (let feature = 0; feature < count; feature++) {
    const group = Math.floor(feature / LANES) * LANES * DESCRIPTOR_BYTES + (feature % LANES);
    const start = feature * DESCRIPTOR_BYTES;
    for (let byte = 0; byte < DESCRIPTOR_BYTES; byte++) columns[group + byte * LANES] = descriptors[start + byte]!;
  }
}

/** Of the second picture, which is not mirrored: features nearest to each other, and those of the first picture that one of the second is clearly nearest to. */
export function pairUp(a: Points, b: Points): FeaturePairs {
  putDescriptions(a);
  putColumns(b);
  const groups = Math.ceil(b.count / LANES);
  const similar = kernel.similar(DESCRIPTIONS, a.count, groups, MOST_BITS, MOST_SIMILAR);
  nearestOfA.fill(-1);
  nearestOfB.fill(-1);
  bitsOfA.fill(MOST_BITS + 1);
  bitsOfB.fill(MOST_BITS + 1);
  nextOfA.fill(MOST_BITS + 1);
  for (let index = 0; index < similar; index++) {
    const entry = found[index]!;
    const [i, j, bits] = [entry >> 16, (entry >> 8) & 255, entry & 255];
    if (j >= b.count) continue;
    if (bits < bitsOfA[i]!) {
      nextOfA[i] = bitsOfA[i]!;
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
