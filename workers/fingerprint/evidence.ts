import { GRID, type Region } from './tent-grid.js';
import type { LocalFeatures } from './local-features.js';

/** Side of the chroma thumbnails, pixels. */
export const CHROMA_SIDE = 16;
export const MOST_FEATURES = 120;
export const DESCRIPTOR_BYTES = 32;

const VERSION = 1;
const HEADER_BYTES = 26;
const LUMA_BYTES = GRID * GRID;
const CHROMA_BYTES = CHROMA_SIDE * CHROMA_SIDE;
/** Of a packed feature: where it shows what, and how long it is, bytes. */
export const ANGLE = 4;
export const LEVEL = 5;
export const DESCRIPTION = 6;
export const FEATURE_BYTES = DESCRIPTION + DESCRIPTOR_BYTES;
const FRACTION = 65535;

/** What pairs of pictures are compared by. The thumbnails show the picture without its border, stretched to a square. */
export interface Evidence {
  /** Of the picture that was hashed, pixels. */
  width: number;
  height: number;
  /** The part inside the border, in shares of the picture's sides: left, top, right, bottom. */
  content: readonly [left: number, top: number, right: number, bottom: number];
  /** Brightness of the darkest and the brightest of the thumbnail's pixels, 0…255. */
  darkest: number;
  brightest: number;
  /** 64 × 64, stretched to 0…255 between the darkest and the brightest. */
  luma: Uint8Array;
  /** 16 × 16 each, BT.601, 128 is none. */
  blue: Uint8Array;
  red: Uint8Array;
  features: LocalFeatures;
}

export interface Thumbnails {
  size: { width: number; height: number };
  reduced: { width: number; height: number };
  content: Region;
  /** 64 × 64, 0…255. */
  luma: Float64Array;
  /** 16 × 16 blue-difference values, then as many red-difference ones. */
  chroma: Uint8Array;
}

/**
 * Version 1, big-endian: version u8; width, height u32; content 4 × u16 (65535 is the whole side); darkest, brightest
 * u32 in 2^-16; luma; blue; red; number of features u8; for each x, y u16, angle u8 (256 is a full turn), level u8 and 32
 * bytes.
 */
export function packEvidence(
  { size, reduced, content, luma, chroma }: Thumbnails,
  features: LocalFeatures,
): Uint8Array {
  const { count } = features;
  const packed = new Uint8Array(HEADER_BYTES + LUMA_BYTES + 2 * CHROMA_BYTES + count * FEATURE_BYTES);
  const view = new DataView(packed.buffer);
  const [darkest, brightest] = rangeOf(luma);
  view.setUint8(0, VERSION);
  view.setUint32(1, size.width);
  view.setUint32(5, size.height);
  view.setUint16(9, Math.round((content.left / reduced.width) * FRACTION));
  view.setUint16(11, Math.round((content.top / reduced.height) * FRACTION));
  view.setUint16(13, Math.round(((content.left + content.width) / reduced.width) * FRACTION));
  view.setUint16(15, Math.round(((content.top + content.height) / reduced.height) * FRACTION));
  view.setUint32(17, Math.round(darkest * 65536));
  view.setUint32(21, Math.round(brightest * 65536));
  view.setUint8(25, count);
  const stretch = brightest > darkest ? 255 / (brightest - darkest) : 0;
  for (let i = 0; i < LUMA_BYTES; i++) packed[HEADER_BYTES + i] = Math.round((luma[i]! - darkest) * stretch);
  packed.set(chroma, HEADER_BYTES + LUMA_BYTES);
  let at = HEADER_BYTES + LUMA_BYTES + 2 * CHROMA_BYTES;
  for (let i = 0; i < count; i++, at += FEATURE_BYTES) {
    view.setUint16(at, Math.round(features.x[i]! * FRACTION));
    view.setUint16(at + 2, Math.round(features.y[i]! * FRACTION));
    packed[at + 4] = features.angle[i]!;
    packed[at + 5] = features.level[i]!;
    packed.set(features.descriptors.subarray(i * DESCRIPTOR_BYTES, (i + 1) * DESCRIPTOR_BYTES), at + 6);
  }
  return packed;
}

/** How many features there are, and where they start. Null where the bytes are not evidence of a version known here. */
export function featuresIn(packed: Uint8Array): { count: number; start: number } | null {
  const count = packed.length < HEADER_BYTES ? 0 : packed[25]!;
  const start = HEADER_BYTES + LUMA_BYTES + 2 * CHROMA_BYTES;
  return packed[0] === VERSION && packed.length === start + count * FEATURE_BYTES ? { count, start } : null;
}

/** Null where the bytes are not evidence of a version known here. */
export function openEvidence(packed: Uint8Array): Evidence | null {
  const found = featuresIn(packed);
  if (!found) return null;
  const { start: featuresStart } = found;
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const share = (at: number) => view.getUint16(at) / FRACTION;
  const blueStart = HEADER_BYTES + LUMA_BYTES;
  return {
    width: view.getUint32(1),
    height: view.getUint32(5),
    content: [share(9), share(11), share(13), share(15)],
    darkest: view.getUint32(17) / 65536,
    brightest: view.getUint32(21) / 65536,
    luma: packed.subarray(HEADER_BYTES, blueStart),
    blue: packed.subarray(blueStart, blueStart + CHROMA_BYTES),
    red: packed.subarray(blueStart + CHROMA_BYTES, featuresStart),
    features: new PackedFeatures(packed, found),
  };
}

/** Taken apart when they are asked for: most pictures are told apart before. */
class PackedFeatures implements LocalFeatures {
  readonly count: number;
  #opened: LocalFeatures | undefined;

  constructor(
    readonly packed: Uint8Array,
    readonly place: { count: number; start: number },
  ) {
    this.count = place.count;
  }

  get x(): Float32Array {
    return this.#open().x;
  }

  get y(): Float32Array {
    return this.#open().y;
  }

  get angle(): Uint8Array {
    return this.#open().angle;
  }

  get level(): Uint8Array {
    return this.#open().level;
  }

  get descriptors(): Uint8Array {
    return this.#open().descriptors;
  }

  #open(): LocalFeatures {
    return (this.#opened ??= openFeatures(this.packed, this.place));
  }
}

function openFeatures(packed: Uint8Array, { count, start }: { count: number; start: number }): LocalFeatures {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  // One piece of memory for all of them, which there are thousands of a second.
  const memory = new ArrayBuffer(count * (2 * Float32Array.BYTES_PER_ELEMENT + 2 + DESCRIPTOR_BYTES));
  const x = new Float32Array(memory, 0, count);
  const y = new Float32Array(memory, x.byteLength, count);
  const descriptors = new Uint8Array(memory, 2 * x.byteLength, count * DESCRIPTOR_BYTES);
  const angle = new Uint8Array(memory, 2 * x.byteLength + descriptors.length, count);
  const level = new Uint8Array(memory, 2 * x.byteLength + descriptors.length + count, count);
  for (let i = 0, at = start; i < count; i++, at += FEATURE_BYTES) {
    x[i] = view.getUint16(at) / FRACTION;
    y[i] = view.getUint16(at + 2) / FRACTION;
    angle[i] = packed[at + ANGLE]!;
    level[i] = packed[at + LEVEL]!;
    const target = i * DESCRIPTOR_BYTES;
    const source = at + DESCRIPTION;
    for (let byte = 0; byte < DESCRIPTOR_BYTES; byte++) descriptors[target + byte] = packed[source + byte]!;
  }
  return { count, x, y, angle, level, descriptors };
}

function rangeOf(values: Float64Array): [number, number] {
  let least = Infinity;
  let most = -Infinity;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}
