/** `scan-kernel.wat`, assembled by wabt; a test compares both. */
const ASSEMBLED =
  'AGFzbQEAAAABJwVgAn9/AXtgAXsBe2AHf39/f39/fwF/YAN/f38Bf2AFf39/f38BfwISAQNlbnYGbWVtb3J5AgMBgIAEAwYFAAECAwQHEAIEbm' +
  'VhcgACBWFsaWtlAAQKngUFPAIBewF/IABBgAFqIQMDQCACIAD9AAQAIAH9AAQA/VH9Yv1uIQIgAUEQaiEBIABBEGoiACADSQ0ACyACCxwAIAD9' +
  'DEBAQEBAQEBAQEBAQEBAQEAgAP1x/XcL7gECBHsEfyAF/Q8hByAE/Q8hCCAGIQ0gAkEEdCEOAkADQCAMIA5PDQEgACADEAAgAEGAAWogA0GAAW' +
  'oQABAB/W4hCSAAIANBgARqEAAgAEGAAWogA0GABWoQABAB/W4hCiAJIAr9dyAI/Sr9UwRAIAkgASADQYACahAAEAEgAUGAAWogA0GAA2oQABAB' +
  '/W79biEJIAogASADQYAGahAAEAEgAUGAAWogA0GAB2oQABAB/W79biEKIAYgDCAJIAr9dyAH/Sr9ZBADIQYLIABBgAJqIQAgAUGAAmohASAMQR' +
  'BqIQwMAAsLIAYgDWtBAXYLLQACQANAIAJFDQEgACABIAJoajsBACAAQQJqIQAgAiACQQFrcSECDAALCyAAC6MCAwN7BX8FeyAD/RAhBSAEIQkg' +
  'AUEEdCEKAkADQCAIIApPDQH9DAAAAAAAAAAAAAAAAAAAAAAhDv0MAAAAAAAAAAAAAAAAAAAAACEP/QwAAAAAAAAAAAAAAAAAAAAAIRD9DAAAAA' +
  'AAAAAAAAAAAAAAAAAhESACIQsgAEGACGohDANAIAD9AQMAIQYgAP0BAwghByAL/QAEACENIA4gBiAN/ZUB/Y4BIQ4gDyAHIA39lQH9jgEhDyAL' +
  '/QAEECENIBAgBiAN/ZUB/Y4BIRAgESAHIA39lQH9jgEhESALQSBqIQsgAEEQaiIAIAxJDQALIAQgCCAOIBD9mAEgBf01IA8gEf2YASAF/TX9Zf' +
  '1kEAMhBCAIQRBqIQgMAAsLIAQgCWtBAXYL';

export interface ScanKernel {
  near: (
    front: number,
    back: number,
    groups: number,
    query: number,
    frontRadius: number,
    radius: number,
    found: number,
  ) => number;
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
