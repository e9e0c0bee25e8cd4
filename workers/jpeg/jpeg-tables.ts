import { BASIS_BYTES, jpegMemory, PLACES, TABLE_BYTES } from './jpeg-kernel.js';

const { bytes, words, floats } = jpegMemory;

/** Bits that the quick tables are looked up by. */
const QUICK_BITS = 11;
const LONGEST_CODE = 16;
/** Offsets in a Huffman table. */
const LENGTHS = 8192;
const BOUNDS = 12_288;
const DELTAS = 12_368;
const SYMBOLS = 12_448;
const SKIPS = 12_704;
/** What the end of a block advances by: beyond all places that a coefficient can be at. */
const END_OF_BLOCK = 128;

const loadedHuffman: (Uint8Array | undefined)[] = [];

/**
 * Lays out a Huffman table (ITU-T T.81, annex C), unless it lies there already: for the next 11 bits length, run and
 * value of a whole AC coefficient, or else length and symbol of the code; for longer codes bounds by length.
 * @param slot DC tables, then AC tables from 4 on. @returns false where the table is none.
 */
export function loadHuffman(slot: number, table: Uint8Array): boolean {
  const loaded = loadedHuffman[slot];
  if (loaded?.length === table.length && loaded.every((byte, index) => byte === table[index])) return true;
  loadedHuffman[slot] = undefined;
  const start = PLACES.tables + slot * TABLE_BYTES;
  const lengths = new Uint16Array(bytes.buffer, start + LENGTHS, 1 << QUICK_BITS);
  const quick = words.subarray(start / 4, start / 4 + (1 << QUICK_BITS));
  lengths.fill(0);
  quick.fill(0);
  bytes.set(table.subarray(16), start + SYMBOLS);
  let code = 0;
  for (let length = 1, symbol = 0; length <= LONGEST_CODE; length++) {
    words[(start + DELTAS) / 4 + length] = symbol - code;
    const count = table[length - 1]!;
    if (code + count > 1 << length) return false;
    if (length <= QUICK_BITS) {
      const each = 1 << (QUICK_BITS - length);
      for (let i = 0; i < count; i++) {
        lengths.fill(length | (table[16 + symbol + i]! << 8), (code + i) * each, (code + i + 1) * each);
      }
    }
    code += count;
    symbol += count;
    words[(start + BOUNDS) / 4 + length] = code << (LONGEST_CODE - length);
    code <<= 1;
  }
  if (slot >= 4) for (let bits = 0; bits < quick.length; bits++) quick[bits] = quickEntry(bits, lengths[bits]!);
  loadedHuffman[slot] = table;
  return true;
}

const loadedSkips: (Uint8Array | undefined)[] = [];

/**
 * For a loaded AC table, the length of all whole coefficients in the next 11 bits and, above 8 bits, what these advance
 * by together. The end of a block counts as one place more and 512 beyond, so that all that goes past the last place
 * shows in the nine bits below.
 */
export function loadSkips(slot: number): void {
  const table = loadedHuffman[slot];
  if (table !== undefined && loadedSkips[slot] === table) return;
  const start = PLACES.tables + slot * TABLE_BYTES;
  const skips = PLACES.skips + (slot - 4) * (4 << QUICK_BITS);
  words[(start + SKIPS) / 4] = skips;
  const mask = (1 << QUICK_BITS) - 1;
  for (let bits = 0; bits <= mask; bits++) {
    let [length, advance] = [0, 0];
    while (advance < 512) {
      const entry = words[start / 4 + ((bits << length) & mask)]!;
      const next = entry & 255;
      if (entry === 0 || length + next > QUICK_BITS) break;
      length += next;
      const step = (entry >> 8) & 255;
      advance += step === END_OF_BLOCK ? 513 : step;
    }
    words[skips / 4 + bits] = (advance << 8) | length;
  }
  loadedSkips[slot] = table;
}

/** Length, what the place advances by and value in one word; 0 where the bits do not hold all of a coefficient. */
function quickEntry(bits: number, entry: number): number {
  const [length, symbol] = [entry & 255, entry >> 8];
  if (length === 0) return 0;
  if (symbol === 0) return (END_OF_BLOCK << 8) | length;
  const size = symbol & 15;
  if (length + size > QUICK_BITS) return 0;
  const extra = (bits >> (QUICK_BITS - length - size)) & ((1 << size) - 1);
  const value = size > 0 && extra < 1 << (size - 1) ? extra - (1 << size) + 1 : extra;
  return (value << 16) | (((symbol >> 4) + 1) << 8) | (length + size);
}

/** The constant frequency's share in each sample. */
const CONSTANT = Math.SQRT1_2 / 2;
/** For each place in zigzag order its place in the block. */
const zigzag = zigzagOrder();
/** By side, rows of eight: what each frequency adds to the mean of the samples that make one of the smaller block. */
const inverses = new Map([1, 2, 4, 8].map((side) => [side, inverseTransform(side)]));
for (const [side, inverse] of inverses) floats.set(inverse, rowsOf(side) / 4);

/** Where the inverse transform of columns to `side` samples lies: bases of 1, 2, 4 and 8, one after the other. */
export function rowsOf(side: number): number {
  return PLACES.rows + (side - 1) * 32;
}

const loadedBases: ({ steps: Uint16Array; side: number } | undefined)[] = [];

/** Lays out the inverse transform of rows to `side` samples, with the quantisation's steps, unless it lies there already. */
export function loadBasis(slot: number, steps: Uint16Array, side: number): void {
  const loaded = loadedBases[slot];
  if (loaded?.side === side && loaded.steps.every((step, at) => step === steps[at])) return;
  loadedBases[slot] = { steps, side };
  const start = PLACES.bases + slot * BASIS_BYTES;
  const inverse = inverses.get(side)!;
  const basis = floats.subarray(start / 4, start / 4 + 64 * 8);
  for (let at = 0; at < 64; at++) {
    const place = zigzag[at]!;
    for (let x = 0; x < 8; x++) basis[at * 8 + x] = x < side ? steps[at]! * inverse[x * 8 + (place & 7)]! : 0;
    words[start / 4 + 520 + at] = PLACES.half + (place >> 3) * 32;
  }
  // Samples are around 128.
  floats.fill(128 / CONSTANT, start / 4 + 512, start / 4 + 520);
}

/** The inverse of the 8-point DCT, of which 8 / `side` neighbouring samples are averaged. */
function inverseTransform(side: number): Float32Array {
  const each = 8 / side;
  return Float32Array.from({ length: side * 8 }, (_, index) => {
    const [sample, frequency] = [index >> 3, index & 7];
    let sum = 0;
    for (let x = sample * each; x < (sample + 1) * each; x++) {
      sum += Math.cos(((2 * x + 1) * frequency * Math.PI) / 16) * (frequency === 0 ? CONSTANT : 0.5);
    }
    return sum / each;
  });
}

function zigzagOrder(): Uint8Array {
  const order: number[] = [];
  for (let diagonal = 0; diagonal < 15; diagonal++) {
    const places = Array.from({ length: 8 }, (_, row) => [row, diagonal - row] as const);
    const inside = places.filter(([, column]) => column >= 0 && column < 8).map(([row, column]) => row * 8 + column);
    order.push(...(diagonal % 2 === 0 ? inside.toReversed() : inside));
  }
  return Uint8Array.from(order);
}
