/** `scan-kernel.wat`, assembled by wabt; a test compares both. */
const ASSEMBLED =
  'AGFzbQEAAAABJgVgAn9/AXtgAXsBe2AGf39/f39/AX9gA39/fwF/YAV/f39/fwF/AhIBA2VudgZtZW1vcnkCAwGAgAQDBgUAAQIDBAcQAgRuZW' +
  'FyAAIFYWxpa2UABAqYBQU8AgF7AX8gAEGAAWohAwNAIAIgAP0ABAAgAf0ABAD9Uf1i/W4hAiABQRBqIQEgAEEQaiIAIANJDQALIAILHAAgAP0M' +
  'QEBAQEBAQEBAQEBAQEBAQCAA/XH9dwvoAQIDewR/IAT9DyEGIAUhCyACQQR0IQwCQANAIAogDE8NASAAIAMQACAAQYABaiADQYABahAAEAH9bi' +
  'EHIAAgA0GABGoQACAAQYABaiADQYAFahAAEAH9biEIIAcgCP13IAb9Kv1TBEAgByABIANBgAJqEAAQASABQYABaiADQYADahAAEAH9bv1uIQcg' +
  'CCABIANBgAZqEAAQASABQYABaiADQYAHahAAEAH9bv1uIQggBSAKIAcgCP13IAb9Kv1kEAMhBQsgAEGAAmohACABQYACaiEBIApBEGohCgwACw' +
  'sgBSALa0EBdgstAAJAA0AgAkUNASAAIAEgAmhqOwEAIABBAmohACACIAJBAWtxIQIMAAsLIAALowIDA3sFfwV7IAP9ECEFIAQhCSABQQR0IQoC' +
  'QANAIAggCk8NAf0MAAAAAAAAAAAAAAAAAAAAACEO/QwAAAAAAAAAAAAAAAAAAAAAIQ/9DAAAAAAAAAAAAAAAAAAAAAAhEP0MAAAAAAAAAAAAAA' +
  'AAAAAAACERIAIhCyAAQYAIaiEMA0AgAP0BAwAhBiAA/QEDCCEHIAv9AAQAIQ0gDiAGIA39lQH9jgEhDiAPIAcgDf2VAf2OASEPIAv9AAQQIQ0g' +
  'ECAGIA39lQH9jgEhECARIAcgDf2VAf2OASERIAtBIGohCyAAQRBqIgAgDEkNAAsgBCAIIA4gEP2YASAF/TUgDyAR/ZgBIAX9Nf1l/WQQAyEEIA' +
  'hBEGohCAwACwsgBCAJa0EBdgs=';

export interface ScanKernel {
  near: (front: number, back: number, groups: number, query: number, radius: number, found: number) => number;
  alike: (columns: number, groups: number, query: number, least: number, found: number) => number;
}

export const kernelBytes = Buffer.from(ASSEMBLED, 'base64');
let compiled: WebAssembly.Module | undefined;

/** The kernel over a memory that other threads may share. */
export function instantiateKernel(memory: WebAssembly.Memory): ScanKernel {
  compiled ??= new WebAssembly.Module(kernelBytes);
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return exports as unknown as ScanKernel;
}
