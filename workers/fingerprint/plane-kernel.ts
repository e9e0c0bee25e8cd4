/** `plane-kernel.wat`, assembled by wabt; a test compares both. */
const ASSEMBLED =
  'AGFzbQEAAAABTApgAX8Be2ADf39/AGAFe3t7e38AYAN7e38AYAR/f39/AGAIf39/f39/f38AYAR/f3x/AGAFf398fH8AYAV/f39/fwBgBn9/f39/fw' +
  'ADDAsAAQIDBAQFBgcICQUDAQBgB1UIBm1lbW9yeQIABmx1bWFPZgABC2x1bWFDb2x1bW5zAAQJY29sdW1uc09mAAUHc2hvcnRlbgAGBmFkZFJvdwAH' +
  'CGFkZFRvVHdvAAgHcHJvZHVjdAAKCpIKC50BAQF7IAD9AAQAIQEgAf0MAAAAAAAAAAAAAAAAAAAAAP0NABABEAMQBBAGEAcQCRAKEP0MKwFLAisBSw' +
  'IrAUsCKwFLAv26ASAB/QwAAAAAAAAAAAAAAAAAAAAA/Q0CEBAQBRAQEAgQEBALEBAQ/QxyAAAAcgAAAHIAAAByAAAA/boB/a4B/foB/QwAAHpEAAB6' +
  'RAAAekQAAHpE/ecBCzUBAX8gAiABQQJ0aiEDAkADQCACIANPDQEgAiAAEAD9CwQAIABBDGohACACQRBqIQIMAAsLCxUAIAAgASAEEAMgAiADIARBEG' +
  'oQAwuEAQEBeyAAIAH9DQABAgMQERITBAUGBxQVFhchAyACIAP9X/0LBAAgAiADIAP9DQgJCgsMDQ4PCAkKCwwNDg/9X/0LBCAgACAB/Q0ICQoLGBka' +
  'GwwNDg8cHR4fIQMgAiAD/V/9CwRAIAIgAyAD/Q0ICQoLDA0ODwgJCgsMDQ4P/V/9CwRgC1cBA38gAUEBdCEEIAQgAWohBSADIAJBBXRqIQYCQANAIA' +
  'MgBk8NASAAEAAgACABahAAIAAgBGoQACAAIAVqEAAgAxACIABBDGohACADQYABaiEDDAALCwtfAQN/IAFBAXQhBCAEIAFqIQUgAyACQQV0aiEGAkAD' +
  'QCADIAZPDQEgAP0ABAAgACABav0ABAAgACAEav0ABAAgACAFav0ABAAgAxACIABBEGohACADQYABaiEDDAALCwvZAgIDewN/IAEgAkECdGohDCADQQ' +
  'N0IQMCQANAIAEgDE8NASAAIAEoAgBqIQsgBCADaiENIAT9CgMAIQogC/0ABAAgCv3yASEIIAv9AAQQIAr98gEhCSADQRhGBEAgBP0KAwghCiAIIAv9' +
  'AAQgIAr98gH98AEhCCAJIAv9AAQwIAr98gH98AEhCSAE/QoDECEKIAggC/0ABEAgCv3yAf3wASEIIAkgC/0ABFAgCv3yAf3wASEJIA0hBAUCQANAIA' +
  'RBCGoiBCANTw0BIAtBIGohCyAE/QoDACEKIAggC/0ABAAgCv3yAf3wASEIIAkgC/0ABBAgCv3yAf3wASEJDAALCwsgBwRAIAj9Xv1fIQggCf1e/V8h' +
  'CQsgBSAI/VsDAAAgBSAGaiILIAj9WwMAASALIAZqIgsgCf1bAwAAIAsgBmogCf1bAwABIAVBCGohBSABQQRqIQEMAAsLC1ICAX8BeyAC/RQhBSAAIA' +
  'FBA3RqIQQCQANAIAAgBE8NASADIAP9XQMA/V8gAP0ABAAgBf3yAf3wAf1e/VsDAAAgAEEQaiEAIANBCGohAwwACwsLjAEEAX8CewF/AXsgAv0UIQYg' +
  'A/0UIQcgBCABQQJ0aiEIIAAgAUEDdGohBQJAA0AgACAFTw0BIAD9AAQAIQkgBCAE/V0DAP1fIAkgBv3yAf3wAf1e/VsDAAAgCCAI/V0DAP1fIAkgB/' +
  '3yAf3wAf1e/VsDAAAgAEEQaiEAIARBCGohBCAIQQhqIQgMAAsLC3wCBX8BeyADQQN0IQYgACABQQN0aiEJA0D9DAAAAAAAAAAAAAAAAAAAAAAhCiAC' +
  'IAVqIQcgACEIA0AgCiAI/QoDACAH/QAEAP3yAf3wASEKIAcgBmohByAIQQhqIgggCUkNAAsgBCAFaiAK/QsEACAFQRBqIgUgBkkNAAsLLgADQCAAIA' +
  'IgAyAEIAUQCSAAIAJBA3RqIQAgBSAEQQN0aiEFIAFBAWsiAQ0ACws=';

interface Exports {
  memory: { buffer: ArrayBuffer };
  lumaOf: (rgb: number, count: number, target: number) => void;
  lumaColumns: (rgb: number, stride: number, count: number, target: number) => void;
  columnsOf: (source: number, stride: number, count: number, target: number) => void;
  shorten: (
    columns: number,
    first: number,
    count: number,
    taps: number,
    weights: number,
    target: number,
    stride: number,
    round: number,
  ) => void;
  addRow: (source: number, count: number, share: number, target: number) => void;
  addToTwo: (source: number, count: number, share: number, rest: number, target: number) => void;
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
const DOUBLE = 8;

// Where things lie in the kernel's memory, bytes. Each has room for what the kernel reads and writes too much.
const RGB = 0;
const COLUMNS = 0x10_0000;
const FIRST = 0x15_0000;
const WEIGHTS = 0x15_1000;
const ROWS = 0x18_0000;
const LUMA = 0x2e_0000;
const SUMS = 0x3f_0000;
const LEFT = 0x46_0000;
const RIGHT = 0x47_0000;
const PRODUCT = 0x48_0000;
const PLANE = 0x49_0000;

const { buffer } = exports.memory;
const rgb = new Uint8Array(buffer, RGB, COLUMNS - RGB);
const first = new Int32Array(buffer, FIRST, (WEIGHTS - FIRST) / 4);
const weights = new Float64Array(buffer, WEIGHTS, (ROWS - WEIGHTS) / DOUBLE);
const rows = new Float64Array(buffer, ROWS, (LUMA - ROWS) / DOUBLE);
const sums = new Float32Array(buffer, SUMS, (LEFT - SUMS) / FLOAT);
const left = new Float64Array(buffer, LEFT, (RIGHT - LEFT) / DOUBLE);
const right = new Float64Array(buffer, RIGHT, (PRODUCT - RIGHT) / DOUBLE);
const product = new Float64Array(buffer, PRODUCT, 4096);
const plane = new Float32Array(buffer, PLANE, 512 * 512);

/** Brightness of the picture that is being hashed, at most 512 × 512. */
export const lumaValues = new Float32Array(buffer, LUMA, (SUMS - LUMA) / FLOAT);

/** Luma of `count` RGB pixels, at most 262,144, into `lumaValues`. */
export function writeLuma(pixels: Uint8Array, count: number): void {
  rgb.set(pixels.subarray(0, count * 3));
  exports.lumaOf(RGB, count, LUMA);
}

/**
 * Averages RGB down into `lumaValues`: each source row counts for the target row it lies in, and for the next one where
 * it straddles both.
 * @param width at most `WIDEST_BAND`. @param target its sides, at most 512.
 */
export function averageLuma(
  { data, width, height }: { data: Uint8Array; width: number; height: number },
  target: { width: number; height: number },
  across: Taps,
): void {
  const rowsEach = height / target.height;
  const stride = loadTaps(across, target.width);
  rows.fill(0, 0, (BAND_ROWS * stride) / DOUBLE);
  lumaValues.fill(0, 0, target.width * target.height);
  for (let top = 0; top < height; top += BAND_ROWS) {
    const band = Math.min(BAND_ROWS, height - top);
    rgb.set(data.subarray(top * width * 3, (top + band) * width * 3));
    exports.lumaColumns(RGB, width * 3, width, COLUMNS);
    exports.shorten(COLUMNS, FIRST, target.width, across.taps, WEIGHTS, ROWS, stride, 0);
    for (let y = top; y < top + band; y++) {
      const source = ROWS + (y - top) * stride;
      const row = Math.min(target.height - 1, Math.floor(y / rowsEach));
      const share = Math.min(1, (row + 1) * rowsEach - y) / rowsEach;
      const rest = row + 1 < target.height ? 1 / rowsEach - share : 0;
      const at = LUMA + row * target.width * FLOAT;
      if (rest > 1e-9) exports.addToTwo(source, target.width, share, rest, at);
      else exports.addRow(source, target.width, share, at);
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

/** Weighted sums of 32-bit floats along rows, then down columns. @returns a view that the next call overwrites. */
export function resample(part: PlanePart, across: Taps, down: Taps, width: number, height: number): Float32Array {
  const stride = shortenRows(part, across, width);
  const result = sums.subarray(0, width * height);
  result.fill(0);
  for (let row = 0, weight = 0; row < height; row++) {
    let source = ROWS + down.first[row]! * stride;
    for (let tap = 0; tap < down.taps; tap++, source += stride) {
      const share = down.weights[weight++]!;
      if (share !== 0) exports.addRow(source, width, share, SUMS + row * width * FLOAT);
    }
  }
  return result;
}

/** As `resample` does, but with sums down columns of 64 bits. `width` must be even. */
export function resampleFinely(part: PlanePart, across: Taps, down: Taps, width: number, target: Float64Array): void {
  const stride = shortenRows(part, across, width);
  const height = target.length / width;
  left.set(down.weights);
  for (let row = 0; row < height; row++) {
    const source = ROWS + down.first[row]! * stride;
    exports.product(LEFT + row * down.taps * DOUBLE, 1, down.taps, source, width, PRODUCT);
    target.set(product.subarray(0, width), row * width);
  }
}

/** The product of two matrices given row by row, the second with an even number of columns. @returns as above. */
export function multiply(first: Float64Array, second: Float64Array, inner: number): Float64Array {
  left.set(first);
  right.set(second);
  const height = first.length / inner;
  const width = second.length / inner;
  exports.product(LEFT, height, inner, RIGHT, width, PRODUCT);
  return product.subarray(0, width * height);
}

/** @returns bytes from one row of the sums to the next. */
function shortenRows({ values, width, left, top, rows: count, columns }: PlanePart, across: Taps, target: number) {
  const start = addressOf(values, width * (top + count)) + (top * width + left) * FLOAT;
  const stride = loadTaps(across, target);
  if (stride > target * DOUBLE) rows.fill(0, 0, (stride / DOUBLE) * (count + BAND_ROWS));
  for (let row = 0; row < count; row += BAND_ROWS) {
    exports.columnsOf(start + row * width * FLOAT, width * FLOAT, columns, COLUMNS);
    exports.shorten(COLUMNS, FIRST, target, across.taps, WEIGHTS, ROWS + row * stride, stride, 1);
  }
  return stride;
}

/** @returns bytes from one row of `count` sums to the next, even where `count` is odd. */
function loadTaps(across: Taps, count: number): number {
  for (let i = 0; i < count; i++) first[i] = across.first[i]! * BAND_ROWS * DOUBLE;
  weights.set(across.weights);
  return (count + (count & 1)) * DOUBLE;
}

function addressOf(values: Float32Array, count: number): number {
  if (values.buffer === buffer) return values.byteOffset;
  plane.set(values.subarray(0, count));
  return PLANE;
}
