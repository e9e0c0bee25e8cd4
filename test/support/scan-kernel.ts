import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';

const source = new URL('../../workers/match/scan-kernel.wat', import.meta.url);

/** Assembles the kernel's text, for the bytes that stand in `workers/match/scan-kernel.ts`. */
export async function assembleKernel(): Promise<Uint8Array<ArrayBuffer>> {
  const assembler = await wabt();
  const module = assembler.parseWat(fileURLToPath(source), await readFile(source, 'utf8'), {
    simd: true,
    threads: true,
  });
  return Uint8Array.from(module.toBinary({}).buffer);
}
