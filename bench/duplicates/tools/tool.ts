/** A way to tell copies by comparing what is kept of two pictures. */
export interface PairwiseTool {
  name: string;
  /** What is kept of a picture, in bytes. */
  bytes: number;
  /** Its distance up to which it, or its manual, calls two pictures copies. */
  ownThreshold: number;
  /** Whether it is the tool itself, whose speed says something, and not our rendering of its algorithm. */
  timed: boolean;
  /** One row of `bytes` a picture; `null` where the tool cannot open it. */
  describe: (file: string) => Promise<Uint8Array | null>;
  /** `rows` holds the pictures' rows one after another. */
  comparer: (rows: Uint8Array, bytes: number) => Comparer;
  /** Processor seconds spent so far, of a tool that has a process of its own. */
  cpuSeconds?: () => Promise<number>;
  /** Ends what `describe` has started. */
  close?: () => void;
}

/**
 * The distance of pictures `one` and `other`. Where it is beyond `bound` any number beyond it may be given, so that a
 * comparison may stop early.
 */
export type Comparer = (one: number, other: number, bound: number) => number;

/** Farther than any tool can measure; a finite number, for it is kept as JSON. */
export const BEYOND = 1e9;

/** Counts the bits in which two hashes of whole 32-bit words differ. */
export function hammingComparer(rows: Uint8Array, bytes: number): Comparer {
  const words = new Int32Array(rows.buffer, rows.byteOffset, rows.length / 4);
  const each = bytes / 4;
  return (one, other, bound) => {
    let distance = 0;
    for (let i = one * each, j = other * each, end = i + each; i < end; i++, j++) {
      distance += bitCount(words[i]! ^ words[j]!);
      if (distance > bound) return BEYOND;
    }
    return distance;
  };
}

function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

export const bytesOfHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

export const contentTypeOf = (file: string): 'image/jpeg' | 'image/png' | 'image/webp' => {
  if (/\.png$/i.test(file)) return 'image/png';
  return /\.webp$/i.test(file) ? 'image/webp' : 'image/jpeg';
};

export const MAX_PIXELS = 100_000_000;
