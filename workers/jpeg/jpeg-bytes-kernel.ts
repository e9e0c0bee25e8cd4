/** `jpeg-bytes-kernel.wat`, assembled by wabt; a test compares both. */
const ASSEMBLED =
  'AGFzbQEAAAABEQJgA39/fwF/YAZ/f39/f38AAhABA2VudgZtZW1vcnkCAIAEAwMCAAEHFAIHdW5zdHVmZgAABnJnYlJvdwABCoEEAsIBAgF7An8gAS' +
  'EFAkADQCABIAD9AAQAIgP9CwQAIANB/wH9D/0j/WQhBCAERQRAIABBEGohACABQRBqIQEMAQsgBGghBCAAIARqIQAgASAEaiEBIAAtAAENASAAQQJq' +
  'IQAgAUEBaiEBDAALCyACIAEgBWs2AgAgAf0MAAAAAAAAAAAAAAAAAAAAAP0LBAADQCAFIAX9AAQAIAX9AAQA/Q0DAgEABwYFBAsKCQgPDg0M/QsEAC' +
  'AFQRBqIgUgAU0NAAsgAAu6AgICfwN7IAAgBGohBkECQQQgAxshB/0MAP8E/wD/BP8B/wX/Af8F//0MAP8E/wH/Bf8C/wb/A/8H/yADGyEIA0AgAiAB' +
  '/VwCAP1WAgABIAj9Dv0MgACAAIAAgACAAIAAgACAAP2RASEJ/QwAIAAAACAAAAAgAAAAIAAAIAD9XAIA/YkB/akBQQ79qwH9rgEhCiAFIAogCf0MAA' +
  'C6WQAAulkAALpZAAC6Wf26Af2uAUEO/awBIAogCf0M+ulM0vrpTNL66UzS+ulM0v26Af2uAUEO/awB/YUBIAogCf0MaHEAAGhxAABocQAAaHEAAP26' +
  'Af2uAUEO/awBIAr9hQH9Zv0MAAQIAQUJAgYKAwcL//////0O/QsEACABIAdqIQEgAiAHaiECIAVBDGohBSAAQQRqIgAgBkkNAAsL';

interface Exports {
  unstuff: (source: number, target: number, length: number) => number;
  rgbRow: (luma: number, blue: number, red: number, shared: number, count: number, target: number) => void;
}

export const jpegBytesKernelBytes = Buffer.from(ASSEMBLED, 'base64');

/** Over the memory that scans are decoded in. */
export function instantiateBytesKernel(memory: { buffer: ArrayBuffer }): Exports {
  const module = new WebAssembly.Module(jpegBytesKernelBytes);
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
}
