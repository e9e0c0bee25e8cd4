/** `plane-kernel.wat`, assembled by wabt; a test compares both. */
const ASSEMBLED =
  'AGFzbQEAAAABPQhgAX8Be2ADf39/AGAFe3t7e38AYAR/f39/AGAHf39/f39/fwBgBn9/f39/fwBgBH9/fX8AYAV/f39/fwADDg0AAAEBAgMDAwQFBg' +
  'cFBQMBAGAHbQoGbWVtb3J5AgAGbHVtYU9mAAIIZmxvYXRzT2YAAwtsdW1hQ29sdW1ucwAFC2J5dGVDb2x1bW5zAAYJY29sdW1uc09mAAcHc2hvcnRl' +
  'bgAIB3N1bVJvd3MACQZhZGRSb3cACgdwcm9kdWN0AAwKzAsNnQEBAXsgAP0ABAAhASAB/QwAAAAAAAAAAAAAAAAAAAAA/Q0AEAEQAxAEEAYQBxAJEA' +
  'oQ/QwrAUsCKwFLAisBSwIrAUsC/boBIAH9DAAAAAAAAAAAAAAAAAAAAAD9DQIQEBAFEBAQCBAQEAsQEBD9DHIAAAByAAAAcgAAAHIAAAD9ugH9rgH9' +
  '+gH9DAAAekQAAHpEAAB6RAAAekT95wELEQAgAP1cAgD9iQH9qQH9+wELNQEBfyACIAFBAnRqIQMCQANAIAIgA08NASACIAAQAP0LBAAgAEEMaiEAIA' +
  'JBEGohAgwACwsLNQEBfyACIAFBAnRqIQMCQANAIAIgA08NASACIAAQAf0LBAAgAEEEaiEAIAJBEGohAgwACwsL1AEBAnsgACAB/Q0AAQIDEBESEwQF' +
  'BgcUFRYXIQUgAiAD/Q0AAQIDEBESEwQFBgcUFRYXIQYgBCAFIAb9DQABAgMEBQYHEBESExQVFhf9CwQAIAQgBSAG/Q0ICQoLDA0ODxgZGhscHR4f/Q' +
  'sEECAAIAH9DQgJCgsYGRobDA0ODxwdHh8hBSACIAP9DQgJCgsYGRobDA0ODxwdHh8hBiAEIAUgBv0NAAECAwQFBgcQERITFBUWF/0LBCAgBCAFIAb9' +
  'DQgJCgsMDQ4PGBkaGxwdHh/9CwQwC1cBA38gAUEBdCEEIAQgAWohBSADIAJBBHRqIQYCQANAIAMgBk8NASAAEAAgACABahAAIAAgBGoQACAAIAVqEA' +
  'AgAxAEIABBDGohACADQcAAaiEDDAALCwtXAQN/IAFBAXQhBCAEIAFqIQUgAyACQQR0aiEGAkADQCADIAZPDQEgABABIAAgAWoQASAAIARqEAEgACAF' +
  'ahABIAMQBCAAQQRqIQAgA0HAAGohAwwACwsLXwEDfyABQQF0IQQgBCABaiEFIAMgAkEEdGohBgJAA0AgAyAGTw0BIAD9AAQAIAAgAWr9AAQAIAAgBG' +
  'r9AAQAIAAgBWr9AAQAIAMQBCAAQRBqIQAgA0HAAGohAwwACwsL8QECAXsDfyABIAJBAnRqIQkgA0ECdCEDAkADQCABIAlPDQEgACABKAIAaiEIIAQg' +
  'A2ohCiAI/QAEACAE/QkCAP3mASEHIANBDEYEQCAHIAj9AAQQIAT9CQIE/eYB/eQBIQcgByAI/QAEICAE/QkCCP3mAf3kASEHIAohBAUCQANAIARBBG' +
  'oiBCAKTw0BIAhBEGohCCAHIAj9AAQAIAT9CQIA/eYB/eQBIQcMAAsLCyAFIAf9WgIAACAFIAZqIgggB/1aAgABIAggBmoiCCAH/VoCAAIgCCAGaiAH' +
  '/VoCAAMgBUEEaiEFIAFBBGohAQwACwsLrwECBH8DeyAFIARBAnRqIQYgAyACQQJ0aiEHA0AgACEIIAMiCf0JAgAhCiAI/QAEACAK/eYBIQsgCP0ABB' +
  'AgCv3mASEMAkADQCAJQQRqIgkgB08NASAIIAFqIQggCf0JAgAhCiALIAj9AAQAIAr95gH95AEhCyAMIAj9AAQQIAr95gH95AEhDAwACwsgBSAL/QsE' +
  'ACAFIAz9CwQQIABBIGohACAFQSBqIgUgBkkNAAsLRgIBfwF7IAL9EyEFIAAgAUECdGohBANAIAMgA/0ABAAgAP0ABAAgBf3mAf3kAf0LBAAgA0EQai' +
  'EDIABBEGoiACAESQ0ACwuKAQEFewNAIAD9CgMAIQUgBiAFIAL9AAQA/fIB/fABIQYgByAFIAL9AAQQ/fIB/fABIQcgCCAFIAL9AAQg/fIB/fABIQgg' +
  'CSAFIAL9AAQw/fIB/fABIQkgAiADaiECIABBCGoiACABSQ0ACyAEIAb9CwQAIAQgB/0LBBAgBCAI/QsEICAEIAn9CwQwC1ABA38gBEEDdCEHA0AgAC' +
  'ACQQN0aiEIQQAhBgNAIAAgCCADIAZqIAcgBRALIAVBwABqIQUgBkHAAGoiBiAHSQ0ACyAIIQAgAUEBayIBDQALCw==';

type ToColumns = (source: number, stride: number, count: number, target: number) => void;

interface Exports {
  memory: { buffer: ArrayBuffer };
  lumaOf: (rgb: number, count: number, target: number) => void;
  floatsOf: (bytes: number, count: number, target: number) => void;
  lumaColumns: ToColumns;
  byteColumns: ToColumns;
  columnsOf: ToColumns;
  shorten: (
    columns: number,
    first: number,
    count: number,
    taps: number,
    weights: number,
    target: number,
    stride: number,
  ) => void;
  sumRows: (source: number, stride: number, taps: number, weights: number, count: number, target: number) => void;
  addRow: (source: number, count: number, share: number, target: number) => void;
  product: (left: number, rows: number, inner: number, right: number, count: number, target: number) => void;
}

/** Which values of a line each value of a shorter line is a weighted sum of. */
export interface Taps {
  first: Int32Array;
  taps: number;
  /** `taps` for each value. */
  weights: Float32Array;
}

export const planeKernelBytes = Buffer.from(ASSEMBLED, 'base64');
const exports = new WebAssembly.Instance(new WebAssembly.Module(planeKernelBytes)).exports as unknown as Exports;

/** Four rows of RGB at most so many pixels wide fit in. */
export const WIDEST_BAND = 8192;
const BAND_ROWS = 4;
const FLOAT = 4;
const COLUMN = BAND_ROWS * FLOAT;
/** Values that a row may be read or written too far. */
const MARGIN = 8;

// Where things lie in the kernel's memory, bytes. Each has room for what the kernel reads and writes too much.
const BYTES = 0;
const COLUMNS = 0x10_0000;
const FIRST = 0x15_0000;
const WEIGHTS = 0x15_1000;
const DOWN = 0x17_0000;
const ROWS = 0x18_0000;
const LUMA = 0x2e_0000;
const SUMS = 0x3f_0000;
const LEFT = 0x46_0000;
const RIGHT = 0x47_0000;
const PRODUCT = 0x48_0000;
const PLANE = 0x49_0000;

const { buffer } = exports.memory;
const bytes = new Uint8Array(buffer, BYTES, COLUMNS - BYTES);
const first = new Int32Array(buffer, FIRST, (WEIGHTS - FIRST) / 4);
const weights = new Float32Array(buffer, WEIGHTS, (DOWN - WEIGHTS) / FLOAT);
const down = new Float32Array(buffer, DOWN, (ROWS - DOWN) / FLOAT);
const rows = new Float32Array(buffer, ROWS, (LUMA - ROWS) / FLOAT);
const sums = new Float32Array(buffer, SUMS, (LEFT - SUMS) / FLOAT);
const left = new Float64Array(buffer, LEFT, (RIGHT - LEFT) / 8);
const right = new Float64Array(buffer, RIGHT, (PRODUCT - RIGHT) / 8);
const product = new Float64Array(buffer, PRODUCT, 4096);
const plane = new Float32Array(buffer, PLANE, 512 * 512);

/** Brightness of the picture that is being hashed, at most 512 × 512. */
export const lumaValues = new Float32Array(buffer, LUMA, (SUMS - LUMA) / FLOAT);

/** A picture's bytes: luma alone, or RGB. */
export interface LumaSource {
  data: Uint8Array;
  width: number;
  height: number;
  channels: 1 | 3;
}

/** Luma of all pixels, at most 262,144, into `lumaValues`. */
export function writeLuma({ data, width, height, channels }: LumaSource): void {
  const count = width * height;
  bytes.set(data.subarray(0, count * channels));
  if (channels === 3) exports.lumaOf(BYTES, count, LUMA);
  else exports.floatsOf(BYTES, count, LUMA);
}

/**
 * Averages luma down into `lumaValues`: each source row counts for the target row it lies in, and for the next one where
 * it straddles both. The width is at most `WIDEST_BAND`.
 * @param target its sides, at most 512.
 */
export function averageLuma(
  { data, width, height, channels }: LumaSource,
  target: { width: number; height: number },
  across: Taps,
): void {
  const rowsEach = height / target.height;
  const toColumns = channels === 3 ? exports.lumaColumns : exports.byteColumns;
  loadTaps(across);
  const padded = (target.width + 3) & ~3;
  rows.fill(0, 0, BAND_ROWS * padded);
  lumaValues.fill(0, 0, target.width * target.height);
  for (let top = 0; top < height; top += BAND_ROWS) {
    const band = Math.min(BAND_ROWS, height - top);
    bytes.set(data.subarray(top * width * channels, (top + band) * width * channels));
    toColumns(BYTES, width * channels, width, COLUMNS);
    exports.shorten(COLUMNS, FIRST, target.width, across.taps, WEIGHTS, ROWS, padded * FLOAT);
    for (let y = top; y < top + band; y++) {
      const source = ROWS + (y - top) * padded * FLOAT;
      const row = Math.min(target.height - 1, Math.floor(y / rowsEach));
      const share = Math.min(1, (row + 1) * rowsEach - y) / rowsEach;
      const rest = row + 1 < target.height ? 1 / rowsEach - share : 0;
      const at = LUMA + row * target.width * FLOAT;
      exports.addRow(source, target.width, share, at);
      if (rest > 1e-9) exports.addRow(source, target.width, rest, at + target.width * FLOAT);
    }
  }
}

/** A part of a plane. `width` is that of the whole plane. */
export interface PlanePart {
  values: Float32Array;
  width: number;
  left: number;
  top: number;
  rows: number;
  columns: number;
}

/** Weighted sums down columns, then along rows, of 32 bits. @returns a view that the next call overwrites. */
export function resample(part: PlanePart, across: Taps, along: Taps, width: number, height: number): Float32Array {
  const start = addressOf(part.values, part.width * (part.top + part.rows)) + part.left * FLOAT;
  const [sourceStride, bandStride] = [part.width * FLOAT, (part.columns + MARGIN) * FLOAT];
  loadTaps(across);
  down.set(along.weights);
  for (let top = 0; top < height; top += BAND_ROWS) {
    for (let row = top; row < Math.min(height, top + BAND_ROWS); row++) {
      const source = start + (part.top + along.first[row]!) * sourceStride;
      const target = ROWS + (row - top) * bandStride;
      const rowWeights = DOWN + row * along.taps * FLOAT;
      exports.sumRows(source, sourceStride, along.taps, rowWeights, part.columns, target);
    }
    exports.columnsOf(ROWS, bandStride, part.columns, COLUMNS);
    exports.shorten(COLUMNS, FIRST, width, across.taps, WEIGHTS, SUMS + top * width * FLOAT, width * FLOAT);
  }
  return sums.subarray(0, width * height);
}

/** The product of two matrices given row by row, the second of a multiple of eight columns. @returns as above. */
export function multiply(first: Float64Array, second: Float64Array, inner: number): Float64Array {
  left.set(first);
  right.set(second);
  const height = first.length / inner;
  const width = second.length / inner;
  exports.product(LEFT, height, inner, RIGHT, width, PRODUCT);
  return product.subarray(0, width * height);
}

let loadedTaps: Taps | undefined;

function loadTaps(across: Taps): void {
  if (across === loadedTaps) return;
  for (let i = 0; i < across.first.length; i++) first[i] = across.first[i]! * COLUMN;
  weights.set(across.weights);
  loadedTaps = across;
}

function addressOf(values: Float32Array, count: number): number {
  if (values.buffer === buffer) return values.byteOffset;
  plane.set(values.subarray(0, count));
  return PLANE;
}
