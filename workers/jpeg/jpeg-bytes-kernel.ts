/** `jpeg-bytes-kernel.wat`, assembled by wabt; a test compares both. */
const ASSEMBLED =
  'AGFzbQEAAAABCAFgA39/fwF/AhABA2VudgZtZW1vcnkCAIAEAwIBAAcLAQd1bnN0dWZmAAAKxQEBwgECAXsCfyABIQUCQANAIAEgAP0ABAAiA/0LBA' +
  'AgA0H/Af0P/SP9ZCEEIARFBEAgAEEQaiEAIAFBEGohAQwBCyAEaCEEIAAgBGohACABIARqIQEgAC0AAQ0BIABBAmohACABQQFqIQEMAAsLIAIgASAF' +
  'azYCACAB/QwAAAAAAAAAAAAAAAAAAAAA/QsEAANAIAUgBf0ABAAgBf0ABAD9DQMCAQAHBgUECwoJCA8ODQz9CwQAIAVBEGoiBSABTQ0ACyAACw==';

interface Exports {
  unstuff: (source: number, target: number, length: number) => number;
}

export const jpegBytesKernelBytes = Buffer.from(ASSEMBLED, 'base64');

/** Over the memory that scans are decoded in. */
export function instantiateBytesKernel(memory: { buffer: ArrayBuffer }): Exports {
  const module = new WebAssembly.Module(jpegBytesKernelBytes);
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
}
