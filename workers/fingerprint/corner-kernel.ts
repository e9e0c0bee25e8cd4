import type { Plane } from './plane.js';

/** `corner-kernel.wat`, assembled by wabt; a test compares both. */
const ASSEMBLED =
  'AGFzbQEAAAABIARgAn9/AXtgBH9/f38AYAV/f39/fwBgB39/f39/f38AAwYFAAECAwEFAwEAFQc/BQZtZW1vcnkCAAttZWFuc09mRml2ZQABEGdyYWRpZW' +
  '50UHJvZHVjdHMAAgdzdW1Sb3dzAAMHcmVzcG9uZAAECoEEBUEBAX8gAUEBdCECIAAgAmv9AAQAIAAgAmr9AAQA/eQBIAAgAWv9AAQAIAAgAWr9AAQA/eQB' +
  '/eQBIAD9AAQA/eQBC0UBAX8gACACQQJ0aiEEA0AgAyAAIAEQAP0MAACgQAAAoEAAAKBAAACgQP3nAf0LBAAgA0EQaiEDIABBEGoiACAESQ0ACwuCAQMBfw' +
  'J7AX8gACACQQJ0aiEFA0AgAP0ABAQgAEEEa/0ABAD95QEhBiAAIAFq/QAEACAAIAFr/QAEAP3lASEHIAMgBiAG/eYB/QsEACADIARqIgggBiAH/eYB/QsE' +
  'ACAIIARqIAcgB/3mAf0LBAAgA0EQaiEDIABBEGoiACAFSQ0ACwtVAQF/A0AgBiAHaiAAIAdq/QAEACAEIAdq/QAEAP3kASABIAdq/QAEACADIAdq/QAEAP' +
  '3kAf3kASACIAdq/QAEAP3kAf0LBAAgB0EQaiIHIAVJDQALC5wBAgJ/BHsgACACQQJ0aiEEA0AgACABaiEFIABBBBAAIQcgBUEEEAAhCCAFIAFqQQQQACEJ' +
  'IAcgCf3kASEGIAMgByAJ/eYBIAggCP3mAf3lASAGIAb95gH9DM3MTD3NzEw9zcxMPc3MTD395gH95QH9DBe30TgXt9E4F7fROBe30Tj95gH9CwQAIANBEG' +
  'ohAyAAQRBqIgAgBEkNAAsL';

interface Exports {
  memory: { buffer: ArrayBuffer };
  meansOfFive: (source: number, step: number, count: number, target: number) => void;
  gradientProducts: (source: number, stride: number, count: number, target: number, length: number) => void;
  sumRows: (
    first: number,
    second: number,
    third: number,
    fourth: number,
    fifth: number,
    length: number,
    target: number,
  ) => void;
  respond: (sums: number, length: number, count: number, target: number) => void;
}

export const cornerKernelBytes = Buffer.from(ASSEMBLED, 'base64');
const kernel = new WebAssembly.Instance(new WebAssembly.Module(cornerKernelBytes)).exports as unknown as Exports;

/** Longest side of a plane that the kernel takes. */
export const LONGEST_SIDE = 320;
/** Of the windows, and how far they reach. */
const WINDOW = 5;
const REACH = 2;
const FLOAT = 4;
const PRODUCTS = 3;

// Where things lie in the kernel's memory, bytes. Each has room for what the kernel writes too much.
const SOURCE = 0x1000;
const HALF = 0x7_0000;
const RESULT = 0xe_0000;

const { buffer } = kernel.memory;
const source = new Float32Array(buffer, SOURCE, LONGEST_SIDE * LONGEST_SIDE);
const half = new Float32Array(buffer, HALF, LONGEST_SIDE * LONGEST_SIDE);
const result = new Float32Array(buffer, RESULT, LONGEST_SIDE * LONGEST_SIDE);

/**
 * Harris' response (Harris and Stephens 1988, k = 0.05) of each value, in grey values to the fourth, over windows of
 * 5 × 5. Holds from three values off the edge on; nearer to it nothing is said.
 * @returns a view that the next call overwrites.
 */
export function harrisResponse({ values, width, height }: Plane): Float32Array {
  source.set(values.subarray(0, width * height));
  const stride = width * FLOAT;
  const length = stride + 4 * FLOAT;
  const rowOf = (y: number) => HALF + (y % WINDOW) * PRODUCTS * length;
  const sums = rowOf(WINDOW - 1) + PRODUCTS * length;
  for (let y = 1; y < height - 1; y++) {
    kernel.gradientProducts(SOURCE + y * stride + FLOAT, stride, width - 2, rowOf(y) + FLOAT, length);
    if (y < WINDOW) continue;
    kernel.sumRows(rowOf(y - 4), rowOf(y - 3), rowOf(y - 2), rowOf(y - 1), rowOf(y), PRODUCTS * length, sums);
    const first = (1 + REACH) * FLOAT;
    kernel.respond(sums + first, length, width - 2 * (1 + REACH), RESULT + (y - REACH) * stride + first);
  }
  return result.subarray(0, width * height);
}

/**
 * Means of 5 × 5 values; nearer to the edge than that they are left as they are, or are means along it.
 * @returns a view that the next call overwrites.
 */
export function meansOverWindows({ values, width, height }: Plane): Float32Array {
  const count = width * height;
  const stride = width * FLOAT;
  source.set(values.subarray(0, count));
  kernel.meansOfFive(SOURCE + REACH * FLOAT, FLOAT, count - 2 * REACH, HALF + REACH * FLOAT);
  for (let start = 0; start < count; start += width) {
    for (const column of [0, 1, width - 2, width - 1]) half[start + column] = source[start + column]!;
  }
  const inside = REACH * width;
  kernel.meansOfFive(HALF + REACH * stride, stride, count - 2 * inside, RESULT + REACH * stride);
  result.set(half.subarray(0, inside));
  result.set(half.subarray(count - inside, count), count - inside);
  return result.subarray(0, count);
}
